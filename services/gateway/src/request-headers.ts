import type { IncomingHttpHeaders } from 'node:http';
import { maxSignatureLength } from '@keyward/contract/decisions';
import { AppError, invalidInput } from '@keyward/kit/app-error';

const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Published SDKs send JSON, enveloped or not. */
export function requireJson({ 'content-type': type }: IncomingHttpHeaders): void {
  if (type === undefined || !jsonType.test(type)) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
  }
}

/** `X-Apikee-Encrypted`, which only SDKs send: `1` an envelope, `0` plain JSON (wire.md §2.1). */
export function encryption(headers: IncomingHttpHeaders): 'envelope' | 'plain' | undefined {
  const sent = headers['x-apikee-encrypted'];
  if (sent === undefined) return undefined;
  if (sent === '1') return 'envelope';
  if (sent === '0') return 'plain';
  throw invalidInput([{ path: '/headers/x-apikee-encrypted', message: 'must be 0 or 1' }]);
}

export function wantsEnvelope(headers: IncomingHttpHeaders): boolean {
  return headers['x-apikee-accept'] === 'envelope';
}

/**
 * The request's signature (wire.md §2.3). What cannot be one is the empty text, which no key verifies; so is a header that
 * came twice, which Node joins with a comma.
 */
export function requestSignature(headers: IncomingHttpHeaders): string | undefined {
  const sent = headers['x-apikee-signature'];
  if (sent === undefined) return undefined;
  return typeof sent === 'string' && sent.length <= maxSignatureLength ? sent : '';
}
