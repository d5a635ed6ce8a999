import { managementRoutes } from '@keyward/contract/management-routes';
import type { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { AppError } from '@keyward/kit/app-error';
import type { Clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import type { AdminApi } from '../admin-api.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { KeyringFile } from '../keyring-file.ts';
import { openEnvelope } from '../open-envelope.ts';
import { encryption } from '../request-headers.ts';
import { requireCredential } from '../server-key.ts';

interface ManagementOptions {
  adminApi: AdminApi;
  keyring: KeyringFile;
  derivedKeys: DerivedKeyCache;
  clock: Clock;
  serviceToken: string;
  bodyLimit: number;
}

/** What would be taken for a validation of a client of that name, too. */
const besideClients = managementRoutes.map(({ url }) => url).filter((url) => /^\/api\/v1\/client\/[^/:]+$/.test(url));
const urls = new Set(['/api/v1/*', '/api/account/*', ...besideClients]);
export const forwardedMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** `.` and `..` as a segment, spelt either way: some server on the way would leave the prefix by it. */
const dotSegment = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;
/** RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests", though only proxies should see it. */
const absoluteStart = /^https?:\/\/[^/?]*/i;

/** Everything that is not a validation goes to admin-api, opened when it came in an envelope. */
export function forwardingRoutes(app: App, options: ManagementOptions): void {
  for (const url of urls) for (const method of forwardedMethods) forwardRoute(app, { url, method, ...options });
}

function forwardRoute(
  app: App,
  options: ManagementOptions & { url: string; method: (typeof forwardedMethods)[number] },
): void {
  const { url, method, bodyLimit, adminApi, serviceToken } = options;
  app.route<{ Body: Buffer | undefined }>({
    method,
    url,
    bodyLimit,
    onRequest: async ({ headers }) => requireCredential(headers),
    handler: async ({ raw, headers, body: sent, ip: remoteAddress, id: requestId }, reply) => {
      const path = originForm(raw.url ?? '/');
      const fromSdk = encryption(headers) !== undefined;
      const { body, replayId } = encryption(headers) === 'envelope' ? openBody(sent, options) : { body: sent };
      const hasBody = (body?.length ?? 0) > 0;
      const caller = { headers, remoteAddress, requestId, serviceToken, hasBody, fromSdk, replayId };
      const answer = await adminApi.forward({ method, path, headers: forwardedHeaders(caller), body });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    },
  });
}

/** Path and query as they were sent, without an origin. */
function originForm(target: string): string {
  const path = target.replace(absoluteStart, '');
  if (dotSegment.test(path)) throw new AppError('BAD_REQUEST', 'The path holds dot segments.');
  return path;
}

interface OpenedBody {
  body: Buffer | undefined;
  replayId?: string;
}

/** A call that has no body, as reads and deletes have none, has no envelope to open. */
function openBody(
  sent: Buffer | undefined,
  { method, keyring, derivedKeys, clock }: Parameters<typeof forwardRoute>[1],
): OpenedBody {
  const mayBeEmpty = method === 'GET' || method === 'DELETE';
  if (mayBeEmpty && !sent?.length) return { body: undefined };
  const body = sent ?? Buffer.alloc(0);
  const opened = openEnvelope({ body, keyring: keyring.current, cache: derivedKeys, nowMs: clock.nowMs() });
  return { body: opened.plaintext, replayId: opened.replayId.toString('base64url') };
}
