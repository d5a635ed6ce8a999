const table = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  table[byte] = rest;
}

/**
 * CRC-32 (ISO-HDLC, as in gzip and node:zlib) of the first `end` characters of an ASCII text.
 * Own code because node:zlib has it from Node 22 only and edge runtimes not at all.
 */
export function crc32(text: string, end: number = text.length): number {
  let crc = 0xffffffff;
  for (let at = 0; at < end; at++) crc = (table[(crc ^ text.charCodeAt(at)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
