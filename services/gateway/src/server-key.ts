import type { IncomingHttpHeaders } from 'node:http';
import { parseOpaqueKey } from '@keyward/keyformat/opaque-key';
import { AppError } from '@keyward/kit/app-error';

const serverPrefixes: ReadonlySet<string> = new Set(['sk_live', 'sk_test']);
const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

/** The server key of `x-api-key` or `Authorization: Bearer`; throws UNAUTHENTICATED unless shape and checksum hold. */
export function readServerKey(headers: IncomingHttpHeaders): string {
  const { raw, prefix } = readCredential(headers);
  if (!serverPrefixes.has(prefix)) throw unauthenticated();
  return raw;
}

/** Refuses a management call that no credential can belong to, before its body is read. */
export function requireCredential(headers: IncomingHttpHeaders): void {
  readCredential(headers);
}

/** One text, whether the key is malformed here or unknown to the validator. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'The server key or account key is missing or not valid.');
}

/** Two different credentials are none. */
function readCredential(headers: IncomingHttpHeaders): { raw: string; prefix: string } {
  const apiKey = headers['x-api-key'];
  const token = bearer.exec(headers.authorization ?? '')?.[1];
  const raw = typeof apiKey === 'string' ? apiKey.trim() : token;
  const parsed = raw === undefined || (token !== undefined && token !== raw) ? undefined : parseOpaqueKey(raw);
  if (raw === undefined || !parsed) throw unauthenticated();
  return { raw, prefix: parsed.prefix };
}
