import { printHex, readHex } from './hex.ts';

/** In the order of their values, which is that of ASCII. */
export const base62Digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const foreign = 255;
const valueOfCode = new Uint8Array(128).fill(foreign);
for (let value = 0; value < base62Digits.length; value++) valueOfCode[base62Digits.charCodeAt(value)] = value;

/** Eight characters are the most whose value (below 2^47.7) a double holds exactly. */
const chunkChars = 8;

/** 62^8, 62^16, 62^32 …: each is made when a text first needs it. */
const powers: bigint[] = [62n ** BigInt(chunkChars)];

/**
 * The big-endian integer in `bytes` in digits `0-9A-Za-z`, without padding (wire.md §1): leading zero bytes are lost.
 * Zero bytes only give `0`, and no bytes give the empty text.
 */
export function encodeBase62(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const value = BigInt(`0x${printHex(bytes)}`);
  let level = 0;
  while (value >= power(level)) level++;
  return printBelow(value, level).replace(/^0+(?=.)/, '');
}

/**
 * The bytes of the big-endian integer that `text` spells, without leading zero bytes: a reader of fixed-width values
 * pads them on the left. Any length is taken, so callers cap it first. Undefined when a character is foreign or there is none.
 */
export function decodeBase62(text: string): Uint8Array | undefined {
  const chunks = readChunks(text);
  if (chunks === undefined) return undefined;
  const value = joinChunks(chunks);
  if (value === 0n) return new Uint8Array(0);
  const hex = value.toString(16);
  return readHex(hex.length % 2 === 0 ? hex : `0${hex}`);
}

/** 62^(8 · 2^level) */
function power(level: number): bigint {
  const known = powers[level];
  if (known !== undefined) return known;
  const half = power(level - 1);
  const made = half * half;
  powers[level] = made;
  return made;
}

/** Exactly 8 · 2^level digits of a value below `power(level)`. Halving keeps the large divisions few. */
function printBelow(value: bigint, level: number): string {
  if (level === 0) return printChunk(Number(value));
  const divisor = power(level - 1);
  const high = value / divisor;
  return printBelow(high, level - 1) + printBelow(value - high * divisor, level - 1);
}

function printChunk(value: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < chunkChars; i++) {
    text = base62Digits.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Values of 8 characters each, least significant first; the last one may stand for fewer. */
function readChunks(text: string): bigint[] | undefined {
  if (text.length === 0) return undefined;
  const chunks = new Array<bigint>(Math.ceil(text.length / chunkChars));
  for (let i = 0, end = text.length; end > 0; i++, end -= chunkChars) {
    let value = 0;
    for (let at = Math.max(0, end - chunkChars); at < end; at++) {
      const digit = valueOfCode[text.charCodeAt(at)] ?? foreign;
      if (digit === foreign) return undefined;
      value = value * 62 + digit;
    }
    chunks[i] = BigInt(value);
  }
  return chunks;
}

/** Joins neighbours in place, then pairs of neighbours and so on: one multiplication by a long number per level, not per chunk. */
function joinChunks(chunks: bigint[]): bigint {
  for (let level = 0, count = chunks.length; count > 1; level++, count = Math.ceil(count / 2)) {
    const base = power(level);
    for (let i = 0; i < count; i += 2) {
      const low = chunks[i] ?? 0n;
      const high = i + 1 < count ? chunks[i + 1] : undefined;
      chunks[i / 2] = high === undefined ? low : high * base + low;
    }
  }
  return chunks[0] ?? 0n;
}
