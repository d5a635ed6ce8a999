import { describe, onTestFinished } from 'vitest';
import { FetchClient } from '../../src/http/fetch-client.ts';
import type { HttpClient, HttpRequest } from '../../src/http/http-client.ts';
import { SocketClient, type SocketClientOptions } from '../../src/http/socket-client.ts';

interface ClientOptions {
  origin: string;
  maxBodyBytes?: number;
}

const makers: [string, (options: ClientOptions) => HttpClient][] = [
  ['SocketClient', (options) => new SocketClient(options)],
  ['FetchClient', (options) => new FetchClient({ ...options, fetch })],
];

/** Runs a suite over every client, each closed when its test has finished. */
export function describeClients(name: string, suite: (open: (options: ClientOptions) => HttpClient) => void): void {
  describe.each(makers)(`${name}: %s`, (_name, make) => suite((options) => closedLater(make(options))));
}

export function socketClient(options: SocketClientOptions): HttpClient {
  return closedLater(new SocketClient(options));
}

function closedLater(client: HttpClient): HttpClient {
  onTestFinished(() => client.close());
  return client;
}

export const get = (path = '/', timeoutMs = 5_000): HttpRequest => ({ method: 'GET', path, headers: {}, timeoutMs });

export const post = (body: string, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  path: '/',
  headers,
  body,
  timeoutMs: 5_000,
});
