import type { Claims } from '../keys/key-claims.ts';
import { presentedKey } from '../keys/present-key.ts';
import type { Refused, RequestFacts, Validation } from '../validation.ts';
import { expressRoute } from './express-route.ts';
import { pathOf } from './path-of.ts';

/** What middleware of Express, Connect and Node's own http has of a request. */
export interface ConnectRequest {
  method?: string | undefined;
  url?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  socket: { remoteAddress?: string | undefined };
  /** Express. */
  originalUrl?: string;
  app?: object;
  keyward?: Claims;
  apikee?: Claims;
}

export interface ConnectResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

export type ConnectHandler = (
  request: ConnectRequest,
  response: ConnectResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/** What a handler needs of a Keyward. */
export interface Validating {
  headerName: string;
  isExcluded(path: string): boolean;
  validate(facts: RequestFacts): Promise<Validation>;
}

/** Lets on what has a good key, with its claims on the request, and answers everything else. */
export function connectHandler(keyward: Validating): ConnectHandler {
  return async (request, response, next) => {
    const { headers, method = 'GET', socket } = request;
    const target = request.originalUrl ?? request.url ?? '/';
    const path = pathOf(target);
    if (keyward.isExcluded(path)) return next();
    try {
      const key = presentedKey(headers, keyward.headerName);
      const route = request.app && expressRoute({ method, path, app: request.app });
      const { remoteAddress } = socket;
      const validation = await keyward.validate({ key, method, path, route, headers, remoteAddress });
      setHeaders(response, validation.headers);
      if (!validation.allowed) return answer(response, validation);
      request.keyward = validation.claims;
      request.apikee = validation.claims;
    } catch (error) {
      // Express 4 does not hear of what a promise rejects with.
      return next(error);
    }
    next();
  };
}

export function answer(response: ConnectResponse, { status, headers, body }: Refused): void {
  response.statusCode = status;
  setHeaders(response, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

function setHeaders(response: ConnectResponse, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) response.setHeader(name, headers[name] ?? '');
}
