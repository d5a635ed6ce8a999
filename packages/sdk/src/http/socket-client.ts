import { ConnectionPool } from './connection-pool.ts';
import { Exchange } from './exchange.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.ts';
import { destinationOf } from './open-socket.ts';
import { parseOrigin } from './parse-origin.ts';
import { printRequest } from './print-request.ts';

export interface SocketClientOptions {
  /** Scheme, host and port, such as `https://keys.example.com`. */
  origin: string;
  /** How many connections at a time, 64 unless told; calls beyond wait for one. */
  maxSockets?: number;
  /** The largest body that is taken, 16 MiB unless told. */
  maxBodyBytes?: number;
  /** Certificates (PEM) of authorities that are trusted instead of the runtime's. */
  ca?: string | undefined;
}

/**
 * HTTP/1.1 for one server, on Node's sockets (and those of Bun and Deno, which are alike): connections that are kept, a request in
 * one write, and nothing else between, since every call that an application protects pays for it.
 */
export class SocketClient implements HttpClient {
  readonly #host: string;
  readonly #pool: ConnectionPool;

  /** @throws {TypeError} when the origin is none; {Error} when `ca` is */
  constructor({ origin, maxSockets = 64, maxBodyBytes = 16 * 1_024 * 1_024, ca }: SocketClientOptions) {
    const url = parseOrigin(origin);
    this.#host = url.host;
    this.#pool = new ConnectionPool({ destination: destinationOf(url, ca), maxSockets, maxBodyBytes });
  }

  send(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((fulfil, reject) => {
      const printed = printRequest(request, this.#host);
      this.#pool.submit(new Exchange({ request: printed, timeoutMs: request.timeoutMs, fulfil, reject }));
    });
  }

  close(): void {
    this.#pool.close();
  }
}
