import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Claims } from '../keys/key-claims.ts';
import { presentedKey } from '../keys/present-key.ts';
import type { Keyward } from '../keyward.ts';
import { KeywardError } from '../keyward-error.ts';
import type { Refused, RequestFacts } from '../validation.ts';
import { type AdapterOptions, keywardOf } from './adapter-options.ts';
import { pathOf } from './path-of.ts';
import { refusalOfScopes } from './require-scopes.ts';

declare global {
  namespace Express {
    // As `keyward/express` declares it, whose types need those of Express.
    interface Request {
      /** The claims of the key that was let through. */
      keyward?: Claims;
      /** The same, as the published package calls it. */
      apikee?: Claims;
    }
  }
}

/** What both of Nest's platforms have of a request. */
interface PlatformRequest {
  method: string;
  url: string;
  originalUrl?: string;
  headers: Record<string, string | string[] | undefined>;
  /** Express, once the route is found. */
  route?: { path?: unknown };
  /** Fastify. */
  routeOptions?: { url?: string };
  socket?: { remoteAddress?: string | undefined };
  raw?: { socket: { remoteAddress?: string | undefined } };
  keyward?: Claims;
  apikee?: Claims;
}

interface PlatformReply {
  status(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: unknown): unknown;
}

export interface GuardOptions extends AdapterOptions {
  /**
   * What is thrown instead of answering, for applications whose filters of exceptions see refusals, too:
   * `({ body, status }) => new HttpException(body, status)`.
   */
  exception?: (refusal: Refused) => Error;
}

/** On a handler or its controller, by this property of the function. */
const required = Symbol('keyward.scopes');

/**
 * Protects controllers: `app.useGlobalGuards(new KeywardGuard())`, or as a provider for `APP_GUARD`, or with `@UseGuards`. It
 * works on Express and on Fastify, and puts the claims on the request as `keyward`. A refusal is answered here: an exception would have to
 * be of the application's own copy of `@nestjs/common`, of which there may be several, and Nest answers 500 to any other.
 */
export class KeywardGuard implements CanActivate {
  readonly #keyward: Keyward;
  readonly #exception: GuardOptions['exception'];

  constructor({ exception, ...options }: GuardOptions = {}) {
    this.#keyward = keywardOf(options);
    this.#exception = exception;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const type: string = context.getType();
    // Messages have no headers: a guard of their own decides about them.
    if (type === 'rpc' || type === 'ws') return true;
    if (type !== 'http') throw unknownContext(type);
    const http = context.switchToHttp();
    const request = http.getRequest<PlatformRequest>();
    if (this.#keyward.isExcluded(pathOf(request.originalUrl ?? request.url))) return true;
    const validation = await this.#keyward.validate(factsOf(request, this.#keyward.headerName));
    const refusal = validation.allowed ? refusalOfScopes(validation.claims, scopesOf(context)) : validation;
    const reply = http.getResponse<PlatformReply>();
    for (const [name, value] of Object.entries({ ...validation.headers, ...refusal?.headers }))
      reply.header(name, value);
    if (refusal) return this.#refuse(reply, refusal);
    if (validation.allowed) Object.assign(request, { keyward: validation.claims, apikee: validation.claims });
    return true;
  }

  /** Ends connections to the server, when Nest shuts down with hooks enabled. */
  onApplicationShutdown(): void {
    this.#keyward.close();
  }

  #refuse(reply: PlatformReply, refusal: Refused): Promise<boolean> {
    if (this.#exception) throw this.#exception(refusal);
    reply.status(refusal.status);
    reply.send(refusal.body);
    // Nest has nothing to do any more: `false` would have it answer once more, by an exception.
    return new Promise(() => undefined);
  }
}

/** On a handler or a controller: the scopes that its keys need. Both count, and so does each that is put on one. */
export function RequireScope(...scopes: string[]): ClassDecorator & MethodDecorator {
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const on: object = descriptor?.value ?? target;
    Object.assign(on, { [required]: [...scopesOn(on), ...scopes] });
  };
}

function scopesOf(context: ExecutionContext): string[] {
  return [context.getClass(), context.getHandler()].flatMap(scopesOn);
}

function scopesOn(handlerOrController: object): readonly string[] {
  return (handlerOrController as { [required]?: string[] })[required] ?? []; // set by RequireScope only
}

/** GraphQL comes over HTTP, too: let through, it would be open. */
function unknownContext(type: string): KeywardError {
  const instead =
    type === 'graphql'
      ? ' Protect its path with the middleware of keyward/express, or the plugin of keyward/fastify.'
      : '';
  return new KeywardError('CONFIG', `KeywardGuard protects routes of HTTP, and no ${type}.${instead}`);
}

function factsOf(request: PlatformRequest, headerName: string): RequestFacts {
  const { method, headers, route, routeOptions, socket, raw } = request;
  const pattern = routeOptions?.url ?? route?.path;
  return {
    key: presentedKey(headers, headerName),
    method,
    path: pathOf(request.originalUrl ?? request.url),
    route: typeof pattern === 'string' ? pattern : undefined,
    headers,
    remoteAddress: (raw?.socket ?? socket)?.remoteAddress,
  };
}
