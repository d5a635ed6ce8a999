import type { IncomingHttpHeaders } from 'node:http';
import { internalHeaders, organizationHeader } from '@keyward/contract/internal-headers';
import { traceparentHeader } from '@keyward/contract/traceparent';

/** What a management call may bring along. A list of what passes: Cookie, hop-by-hop and our own headers do not. */
const requestHeaders = [
  'authorization',
  'x-api-key',
  'idempotency-key',
  'if-match',
  'content-type',
  'accept',
  'user-agent',
  organizationHeader,
  traceparentHeader,
] as const;

/** What an answer may bring along. Set-Cookie and Location do not pass. */
const answerHeaders = [
  'content-type',
  'content-disposition',
  'retry-after',
  'etag',
  'cache-control',
  'ratelimit',
  'ratelimit-policy',
  'allow',
];

interface CallerFacts {
  headers: IncomingHttpHeaders;
  remoteAddress: string;
  requestId: string;
  serviceToken: string;
  hasBody: boolean;
  /** It carried `X-Apikee-Encrypted`, with either value. */
  fromSdk: boolean;
  /** It came in an envelope, and this is how the envelope is known again. */
  replayId?: string | undefined;
  /** The context of our own span, instead of the caller's. */
  traceparent?: string;
}

/** The headers of a forwarded call. The caller's address is appended to X-Forwarded-For, as proxies do. */
export function forwardedHeaders(caller: CallerFacts): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of requestHeaders) {
    const value = caller.headers[name];
    if (typeof value === 'string') forwarded[name] = value;
  }
  const before = caller.headers['x-forwarded-for'];
  forwarded['x-forwarded-for'] = before === undefined ? caller.remoteAddress : `${before}, ${caller.remoteAddress}`;
  forwarded[internalHeaders.serviceToken] = caller.serviceToken;
  forwarded[internalHeaders.requestId] = caller.requestId;
  if (caller.traceparent !== undefined) forwarded[traceparentHeader] = caller.traceparent;
  if (caller.fromSdk) forwarded[internalHeaders.fromSdk] = '1';
  // A DELETE often says that it is JSON and has no body; a body is what the type is of.
  if (!caller.hasBody) delete forwarded['content-type'];
  if (caller.replayId === undefined) return forwarded;
  return { ...forwarded, 'content-type': 'application/json', [internalHeaders.replayId]: caller.replayId };
}

/** Those headers of an answer that go back to the caller. */
export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const returned: Record<string, string> = {};
  for (const name of answerHeaders) {
    const value = headers[name];
    if (typeof value === 'string') returned[name] = value;
  }
  return returned;
}
