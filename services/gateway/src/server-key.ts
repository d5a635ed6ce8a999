import type { IncomingHttpHeaders } from 'node:http';
import { parseOpaqueKey } from '@keyward/keyformat/opaque-key';
import { AppError } from '@keyward/kit/app-error';

const prefixes: ReadonlySet<string> = new Set(['sk_live', 'sk_test']);
const bearer = /^Bearer ([\x21-\x7e]+)$/i;

/** The server key of `x-api-key` or `Authorization: Bearer`; throws UNAUTHENTICATED unless shape and checksum hold. */
export function readServerKey(headers: IncomingHttpHeaders): string {
  const sent = headers['x-api-key'] ?? bearer.exec(headers.authorization ?? '')?.[1];
  const parsed = typeof sent === 'string' ? parseOpaqueKey(sent) : undefined;
  if (typeof sent !== 'string' || !parsed || !prefixes.has(parsed.prefix)) throw unauthenticated();
  return sent;
}

/** One text, whether the key is malformed here or unknown to the validator. */
export function unauthenticated(): AppError {
  return new AppError('UNAUTHENTICATED', 'The server key is missing or not valid.');
}
