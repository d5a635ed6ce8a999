/**
 * Two hex digits a byte, as node:buffer writes and reads them. In a file of its own, for runtimes that have no Buffer put
 * another in its place.
 */
export function printHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The bytes of an even number of hex digits. */
export function readHex(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
