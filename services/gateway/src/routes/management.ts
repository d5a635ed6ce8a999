import { managementRoutes } from '@keyward/contract/management-routes';
import { AppError } from '@keyward/kit/app-error';
import type { Clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import { parseInstant } from '@keyward/kit/parse-instant';
import { tracedBy } from '@keyward/kit/trace-requests';
import type { AdminApi } from '../admin-api.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { KeyringFile } from '../keyring-file.ts';
import { type Carrier, type DerivedKeys, openEnvelope } from '../open-envelope.ts';
import { encryption } from '../request-headers.ts';
import { originForm } from '../request-target.ts';
import { requireCredential } from '../server-key.ts';
import { sealAnswerTo } from './seal-answer.ts';

interface ManagementOptions {
  adminApi: AdminApi;
  keyring: KeyringFile;
  derivedKeys: DerivedKeys;
  clock: Clock;
  metrics: GatewayMetrics;
  serviceToken: string;
  bodyLimit: number;
}

/** What would be taken for a validation of a client of that name, too. */
const besideClients = managementRoutes.map(({ url }) => url).filter((url) => /^\/api\/v1\/client\/[^/:]+$/.test(url));
const urls = new Set(['/api/v1/*', '/api/account/*', ...besideClients]);
export const forwardedMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** wire.md §5, `STALE_REQUEST`. */
const replayWindowMs = 300_000;

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
    handler: async (request, reply) => {
      const { url: target, headers, body: sent, ip: remoteAddress, id: requestId } = request;
      const path = originForm(target);
      const fromSdk = encryption(headers) !== undefined;
      const { body, replayId } = encryption(headers) === 'envelope' ? openBody(request, options) : { body: sent };
      const hasBody = (body?.length ?? 0) > 0;
      const caller = {
        headers,
        remoteAddress,
        requestId,
        serviceToken,
        hasBody,
        fromSdk,
        replayId,
        ...tracedBy(request),
      };
      const answer = await adminApi.forward({ method, path, headers: forwardedHeaders(caller), body });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    },
  });
}

interface OpenedBody {
  body: Buffer | undefined;
  replayId?: string;
}

type Carried = Carrier & Parameters<typeof sealAnswerTo>[0] & { body: Buffer | undefined };

/** A call that has no body, as reads and deletes have none, has no envelope to open. */
function openBody(request: Carried, { keyring, derivedKeys, clock, metrics }: ManagementOptions): OpenedBody {
  const { method, body = Buffer.alloc(0) } = request;
  if (body.length === 0 && (method === 'GET' || method === 'DELETE')) return { body: undefined };
  const nowMs = clock.nowMs();
  const opened = openEnvelope({ body, carrier: request, keyring: keyring.current, derivedKeys, nowMs });
  metrics.noteEnvelope(opened);
  sealAnswerTo(request, opened);
  if (opened.version === '2') requireFresh(opened.ts, nowMs);
  return { body: opened.plaintext, replayId: opened.replayId.toString('base64url') };
}

/** What a validation is asked by its validator. Version 1 has no time outside, and a management body none inside. */
function requireFresh(ts: string, nowMs: number): void {
  const sealedMs = parseInstant(ts) ?? Number.NaN;
  if (!(Math.abs(nowMs - sealedMs) <= replayWindowMs))
    throw new AppError('STALE_REQUEST', 'The envelope was sealed more than 300 seconds from now; check the clocks.');
}
