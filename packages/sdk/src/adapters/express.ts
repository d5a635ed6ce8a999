import type { RequestHandler } from 'express';
import type { Claims } from '../keys/key-claims.ts';
import { injectSecurityScheme } from '../open-api.ts';
import { type AdapterOptions, keywardOf } from './adapter-options.ts';
import { answer, connectHandler } from './connect.ts';
import { refusalOfScopes } from './require-scopes.ts';

declare global {
  namespace Express {
    interface Request {
      /** The claims of the key that was let through. */
      keyward?: Claims;
      /** The same, as the published package calls it. */
      apikee?: Claims;
    }
  }
}

/** Protects what comes after it, but for `excludePaths`: `app.use(keywardMiddleware())`. */
export function keywardMiddleware(options: AdapterOptions = {}): RequestHandler {
  return connectHandler(keywardOf(options));
}
export type { AdapterOptions, AdapterOptions as ExpressApikeeOptions };
export { keywardMiddleware as apikeeMiddleware };

/** For routes whose keys need scopes; after `keywardMiddleware`. */
export function requireScope(...scopes: string[]): RequestHandler {
  return (request, response, next) => {
    const refusal = refusalOfScopes(request.keyward, scopes);
    if (refusal) answer(response, refusal);
    else next();
  };
}

/** Adds the security scheme of keys to what swagger-jsdoc made, or to any OpenAPI document; once is enough. */
export function injectSwagger(document: object, headerName = 'x-api-key'): void {
  injectSecurityScheme(document, headerName);
}
