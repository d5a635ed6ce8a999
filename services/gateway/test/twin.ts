import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of ours that a test plays: it answers `/readyz`, and gives everything else, read whole, to `answer`. */
export interface Twin extends AsyncDisposable {
  url: string;
  port: number;
}

export interface TwinRequest {
  raw: IncomingMessage;
  body: string;
}

type Answer = (request: TwinRequest, response: ServerResponse) => void;

export async function startTwin(answer: Answer, port = 0): Promise<Twin> {
  const server = createServer(async (raw, response) => {
    if (raw.url === '/readyz') {
      response.end('{}');
      return;
    }
    let body = '';
    for await (const chunk of raw) body += chunk;
    answer({ raw, body }, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
