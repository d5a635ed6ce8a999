import type { ClaimsCodec, PlainObject, PlainValue } from './claims-codec.ts';
import { claimsJson } from './claims-json.ts';
import { claimsMsgpack } from './claims-msgpack.ts';

/** What a signed customer key says of itself (wire.md §1). */
export type KeyClaims = {
  /** Opaque when read. */
  id: string;
  /** The tenant: the client's name. */
  tid: string;
  scp: string[];
  env: string;
  /** Unix seconds; may hold a fraction. */
  exp?: number;
  /** Unix seconds; may hold a fraction. */
  nbf?: number;
  meta?: Record<string, unknown>;
};

/** How a payload is written; readers tell them apart by its first byte. */
export type ClaimsCodecName = 'json' | 'msgpack';

/** The largest time, in seconds, that a Date holds. */
const maxUnixSeconds = 8_640_000_000_000;

/**
 * The claims in a payload of either codec, in any order of members. Without `env` they say `production`, without `scp`
 * they grant nothing; unknown members are ignored. Undefined when the bytes are malformed or a claim has another type.
 * Says nothing about the signature: check that first.
 */
export function readClaims(payload: Uint8Array): KeyClaims | undefined {
  const value = codecOf(payload)?.read(payload);
  if (!isRecord(value)) return undefined;
  const { id, tid, scp = [], env = 'production', exp, nbf, meta } = value;
  if (!isName(id) || !isName(tid) || !isName(env)) return undefined;
  if (!Array.isArray(scp) || !scp.every(isText)) return undefined;
  if (!(exp === undefined || isUnixSeconds(exp)) || !(nbf === undefined || isUnixSeconds(nbf))) return undefined;
  if (!(meta === undefined || (isRecord(meta) && isStorable(meta)))) return undefined;
  return inOrder({ id, tid, scp, env, exp, nbf, meta });
}

/**
 * The payload bytes of `claims` in the wire's order of members.
 * Both codecs print what JSON can say of `meta`: undefined members vanish, dates become their ISO form.
 */
export function printClaims(claims: KeyClaims, codec: ClaimsCodecName): Uint8Array {
  // Any JSON text that JSON.stringify makes of an object parses to a plain object.
  const plain = JSON.parse(JSON.stringify(inOrder(claims))) as PlainObject;
  return codec === 'json' ? claimsJson.print(plain) : claimsMsgpack.print(plain);
}

/** By the first byte (wire.md §1): `{` is JSON, the tags of a map are msgpack. */
function codecOf(payload: Uint8Array): ClaimsCodec | undefined {
  const first = payload[0];
  if (first === undefined) return undefined;
  if (first === 0x7b) return claimsJson;
  return (first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf ? claimsMsgpack : undefined;
}

type LooseClaims = { [name in keyof KeyClaims]: KeyClaims[name] | undefined } & Pick<
  KeyClaims,
  'id' | 'tid' | 'scp' | 'env'
>;

function inOrder({ id, tid, scp, env, exp, nbf, meta }: LooseClaims): KeyClaims {
  const claims: KeyClaims = { id, tid, scp, env };
  if (exp !== undefined) claims.exp = exp;
  if (nbf !== undefined) claims.nbf = nbf;
  if (meta !== undefined) claims.meta = meta;
  return claims;
}

function isRecord(value: unknown): value is Record<string, PlainValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text that Postgres can store: no NUL, no half of a surrogate pair. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

function isName(value: unknown): value is string {
  return isText(value) && value.length > 0;
}

function isUnixSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxUnixSeconds;
}

/** Every text within `value` can be stored. The codecs have capped the depth. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isText(value);
  if (Array.isArray(value)) return value.every(isStorable);
  if (isRecord(value)) return Object.entries(value).every(([name, member]) => isText(name) && isStorable(member));
  return true;
}
