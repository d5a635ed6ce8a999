import type { CallerOptions, Operation } from './caller.ts';
import type { LooseOptions } from './loose-options.ts';

/** The HTTP request that a call is. */
export function buildRequest(
  { baseUrl, credential, organizationId, userAgent }: CallerOptions,
  { method, url }: Operation,
  { params = {}, query = {}, body, idempotencyKey, ifMatch }: LooseOptions,
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
  const path = url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(textOf(params[name])));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, textOf(value)]])),
  );
  const headers = {
    authorization: `Bearer ${credential}`,
    accept: 'application/json, application/problem+json, application/x-ndjson',
    ...(organizationId === undefined ? {} : { 'x-keyward-organization': organizationId }),
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return {
    url: `${baseUrl.replace(/\/+$/, '')}${path}${search.size === 0 ? '' : `?${search}`}`,
    // Followed, a redirect would carry the credential along; `error` is what some edge runtimes do not know.
    init: { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
  };
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
