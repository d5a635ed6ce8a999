import type { PlainValue } from './claims-codec.ts';

/** The msgpack bytes of a plain value in its shortest form; members keep their order, fractions take 8 bytes. */
export function printMsgpack(value: PlainValue): Uint8Array {
  const bytes: number[] = [];
  printValue(bytes, value);
  return Uint8Array.from(bytes);
}

function printValue(bytes: number[], value: PlainValue): void {
  if (value === null) bytes.push(0xc0);
  else if (typeof value === 'boolean') bytes.push(value ? 0xc3 : 0xc2);
  else if (typeof value === 'number') printNumber(bytes, value);
  else if (typeof value === 'string') printText(bytes, value);
  else if (Array.isArray(value)) {
    printCount(bytes, value.length, { fix: 0x90, tag16: 0xdc });
    for (const item of value) printValue(bytes, item);
  } else {
    const entries = Object.entries(value);
    printCount(bytes, entries.length, { fix: 0x80, tag16: 0xde });
    for (const [name, member] of entries) {
      printText(bytes, name);
      printValue(bytes, member);
    }
  }
}

function printCount(bytes: number[], count: number, tags: { fix: number; tag16: number }): void {
  if (count <= 0x0f) bytes.push(tags.fix | count);
  else if (count <= 0xffff) pushUint(bytes, tags.tag16, count, 2);
  else pushUint(bytes, tags.tag16 + 1, count, 4);
}

function printText(bytes: number[], text: string): void {
  const utf8 = new TextEncoder().encode(text);
  if (utf8.length <= 0x1f) bytes.push(0xa0 | utf8.length);
  else if (utf8.length <= 0xff) pushUint(bytes, 0xd9, utf8.length, 1);
  else if (utf8.length <= 0xffff) pushUint(bytes, 0xda, utf8.length, 2);
  else pushUint(bytes, 0xdb, utf8.length, 4);
  for (const byte of utf8) bytes.push(byte);
}

function printNumber(bytes: number[], value: number): void {
  if (!Number.isSafeInteger(value)) pushFloat(bytes, value);
  else if (value >= 0) printUint(bytes, value);
  else if (value >= -0x20) bytes.push(value & 0xff);
  else if (value >= -0x80) pushUint(bytes, 0xd0, value, 1);
  else if (value >= -0x8000) pushUint(bytes, 0xd1, value, 2);
  else if (value >= -0x8000_0000) pushUint(bytes, 0xd2, value, 4);
  else pushUint(bytes, 0xd3, value, 8);
}

function printUint(bytes: number[], value: number): void {
  if (value <= 0x7f) bytes.push(value);
  else if (value <= 0xff) pushUint(bytes, 0xcc, value, 1);
  else if (value <= 0xffff) pushUint(bytes, 0xcd, value, 2);
  else if (value <= 0xffff_ffff) pushUint(bytes, 0xce, value, 4);
  else pushUint(bytes, 0xcf, value, 8);
}

function pushFloat(bytes: number[], value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  bytes.push(0xcb, ...new Uint8Array(view.buffer));
}

/** `tag`, then the low `width` bytes of `value`, big-endian; a negative value as its two's complement. */
function pushUint(bytes: number[], tag: number, value: number, width: 1 | 2 | 4 | 8): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  bytes.push(tag, ...new Uint8Array(view.buffer, 8 - width));
}
