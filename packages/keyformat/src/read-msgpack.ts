import { maxDepth, maxPayloadBytes, type PlainValue } from './claims-codec.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Cursor = { bytes: Uint8Array; view: DataView; at: number };

/**
 * The one msgpack value that fills `payload`, in JSON's data model. Undefined for anything that JSON cannot say (bin, ext,
 * keys of maps that are not strings), for malformed or trailing bytes, and past the caps on size and depth.
 * Integers beyond 2^53 are rounded, as JSON.parse does.
 */
export function readMsgpack(payload: Uint8Array): PlainValue | undefined {
  if (payload.length > maxPayloadBytes) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const cursor = { bytes: payload, view, at: 0 };
  try {
    const value = readValue(cursor, 0);
    return cursor.at === payload.length ? value : undefined;
  } catch (error) {
    // DataView refuses reads beyond its end with RangeError, TextDecoder bad UTF-8 with TypeError.
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function readValue(cursor: Cursor, depth: number): PlainValue | undefined {
  const tag = readUint(cursor, 1);
  if (tag <= 0x7f) return tag;
  if (tag <= 0x8f) return readMap(cursor, tag & 0x0f, depth + 1);
  if (tag <= 0x9f) return readArray(cursor, tag & 0x0f, depth + 1);
  if (tag <= 0xbf) return readText(cursor, tag & 0x1f);
  if (tag >= 0xe0) return tag - 0x100;
  switch (tag) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xca:
    case 0xcb:
      return readFloat(cursor, tag === 0xca ? 4 : 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return readUint(cursor, 2 ** (tag - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return readInt(cursor, 2 ** (tag - 0xd0));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return readText(cursor, readUint(cursor, 2 ** (tag - 0xd9)));
    case 0xdc:
    case 0xdd:
      return readArray(cursor, readUint(cursor, tag === 0xdc ? 2 : 4), depth + 1);
    case 0xde:
    case 0xdf:
      return readMap(cursor, readUint(cursor, tag === 0xde ? 2 : 4), depth + 1);
    default:
      return undefined;
  }
}

function readMap(cursor: Cursor, count: number, depth: number): PlainValue | undefined {
  if (depth > maxDepth) return undefined;
  // A count is never trusted with memory: the first member that the bytes do not hold ends the loop.
  const entries: [string, PlainValue][] = [];
  for (let i = 0; i < count; i++) {
    const name = readValue(cursor, depth);
    if (typeof name !== 'string') return undefined;
    const value = readValue(cursor, depth);
    if (value === undefined) return undefined;
    entries.push([name, value]);
  }
  // fromEntries defines members, so that a member named __proto__ is one like any other.
  return Object.fromEntries(entries);
}

function readArray(cursor: Cursor, count: number, depth: number): PlainValue | undefined {
  if (depth > maxDepth) return undefined;
  const values: PlainValue[] = [];
  for (let i = 0; i < count; i++) {
    const value = readValue(cursor, depth);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function readText(cursor: Cursor, bytes: number): string {
  const from = advance(cursor, bytes);
  return utf8.decode(cursor.bytes.subarray(from, cursor.at));
}

function readFloat(cursor: Cursor, bytes: 4 | 8): number | undefined {
  const from = advance(cursor, bytes);
  const value = bytes === 4 ? cursor.view.getFloat32(from) : cursor.view.getFloat64(from);
  return Number.isFinite(value) ? value : undefined;
}

function readUint(cursor: Cursor, bytes: number): number {
  const from = advance(cursor, bytes);
  if (bytes === 1) return cursor.view.getUint8(from);
  if (bytes === 2) return cursor.view.getUint16(from);
  return bytes === 4 ? cursor.view.getUint32(from) : Number(cursor.view.getBigUint64(from));
}

function readInt(cursor: Cursor, bytes: number): number {
  const from = advance(cursor, bytes);
  if (bytes === 1) return cursor.view.getInt8(from);
  if (bytes === 2) return cursor.view.getInt16(from);
  return bytes === 4 ? cursor.view.getInt32(from) : Number(cursor.view.getBigInt64(from));
}

/** The offset of the next `bytes` bytes, which are then behind the cursor. Throws RangeError when there are fewer. */
function advance(cursor: Cursor, bytes: number): number {
  const from = cursor.at;
  if (bytes > cursor.bytes.length - from) throw new RangeError('msgpack value ends beyond the payload');
  cursor.at += bytes;
  return from;
}
