import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GoodCalls } from './good-calls.ts';

/** Answers `GET /{operation id}` with a good call of it, as JSON; its base URL. */
export async function serveGoodCalls(calls: GoodCalls): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async ({ url = '' }, response) => {
    try {
      response.end(JSON.stringify(await calls.next(url.slice(1))));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.stack : String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
