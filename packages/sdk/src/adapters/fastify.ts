import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Claims } from '../keys/key-claims.ts';
import { presentedKey } from '../keys/present-key.ts';
import { injectSecurityScheme } from '../open-api.ts';
import type { Refused } from '../validation.ts';
import { type AdapterOptions, keywardOf } from './adapter-options.ts';
import { pathOf } from './path-of.ts';
import { refusalOfScopes } from './require-scopes.ts';

export type KeywardPluginOptions = AdapterOptions;

declare module 'fastify' {
  interface FastifyRequest {
    /** The claims of the key that was let through. */
    keyward: Claims;
    /** The same, as the published package calls it. */
    apikee: Claims;
  }
}

/**
 * Protects every route of the instance that it is registered on, and of those within it, but for `excludePaths`.
 * A pattern is what the server counts: `/users/:id`, and not each path that was asked for.
 */
const plugin: FastifyPluginAsync<KeywardPluginOptions> = async (app, options) => {
  const keyward = keywardOf(options);
  // An instance within a protected one may be protected once more, by other keys or another header.
  if (!app.hasRequestDecorator('keyward')) app.decorateRequest('keyward').decorateRequest('apikee');
  if (!options.keyward && !options.apikee) app.addHook('onClose', async () => keyward.close());
  app.addHook('onRequest', async (request, reply) => {
    const { headers, method, url, raw, routeOptions } = request;
    const path = pathOf(url);
    if (keyward.isExcluded(path)) return;
    const validation = await keyward.validate({
      key: presentedKey(headers, keyward.headerName),
      method,
      path,
      route: routeOptions.url,
      headers,
      remoteAddress: raw.socket.remoteAddress,
    });
    reply.headers(validation.headers);
    if (!validation.allowed) return refuse(reply, validation);
    request.keyward = validation.claims;
    request.apikee = validation.claims;
  });
};

/** Fastify would keep the hook to a plugin's own routes, of which it has none: https://fastify.dev/docs/latest/Reference/Plugins */
export const keywardPlugin: FastifyPluginAsync<KeywardPluginOptions> = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'keyward',
  [Symbol.for('plugin-meta')]: { name: 'keyward', fastify: '>=5' },
});
export type { KeywardPluginOptions as ApikeePluginOptions };
export { keywardPlugin as apikeePlugin };

/** A `preHandler` for routes whose keys need scopes. */
export function requireScope(...scopes: string[]): preHandlerAsyncHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const refusal = refusalOfScopes(request.keyward, scopes);
    if (refusal) return refuse(reply, refusal);
  };
}

interface WithSwagger {
  swagger?: (...args: never[]) => unknown;
}

/** Adds the security scheme to what @fastify/swagger prints. */
export function injectFastifySwagger(app: WithSwagger, headerName = 'x-api-key'): void {
  const original = app.swagger?.bind(app);
  if (!original) return;
  app.swagger = (...args) => {
    const document = original(...args);
    if (typeof document === 'object' && document !== null) injectSecurityScheme(document, headerName);
    return document;
  };
}

function refuse(reply: FastifyReply, { status, headers, body }: Refused): FastifyReply {
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body));
}
