import { type OutboundCall, OutboundError } from '@keyward/kit/outbound-call';
import type { CustomFetch } from 'openid-client';

/** The `fetch` of openid-client, by our rules for outside URLs. */
export function fetchBy(call: OutboundCall): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== 'GET' && method !== 'POST') throw new Error(`an issuer is not asked by ${method}`);
    const answer = await call({ method, url, headers, ...(body == null ? {} : { body: String(body) }) });
    if (answer.status >= 500) throw new OutboundError('unreachable');
    const type = answer.headers['content-type'];
    return new Response(bodyOf(answer), {
      status: answer.status,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  };
}

/** Statuses that have none may not be given one (Fetch §2.2.6). */
function bodyOf({ status, body }: Awaited<ReturnType<OutboundCall>>): Uint8Array<ArrayBuffer> | null {
  return [204, 205, 304].includes(status) ? null : Uint8Array.from(body);
}
