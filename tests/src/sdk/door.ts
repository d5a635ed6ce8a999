import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to the calls that an SDK makes. Its questions about keys for envelopes pass unless it is `closed`. */
export type DoorState =
  | 'open'
  /** Nobody answers: connections are cut. */
  | 'closed'
  /** 502 with a page, as a proxy answers whose Keyward is away. */
  | 'broken'
  /** The head of the answer, and of its body a part. */
  | 'slow-body';

/** A proxy before the gateway, which can fail as networks and proxies do. */
export interface Door extends AsyncDisposable {
  url: string;
  state: DoorState;
  /** The paths of the POSTs that came, with their query, in order. */
  readonly seen: string[];
}

export async function openDoor(gatewayUrl: string): Promise<Door> {
  const { hostname, port } = new URL(gatewayUrl);
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST') seen.push(incoming.url ?? '');
    if (door.state === 'closed') incoming.socket.destroy();
    else if (door.state === 'open' || incoming.method === 'GET') pass(incoming, outgoing, { hostname, port });
    else if (door.state === 'broken')
      outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    else
      outgoing
        .writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
        .write('{"success":true,');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door: Door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    state: 'open',
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return door;
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: RequestOptions): void {
  const { method = 'GET', url = '/', headers } = incoming;
  const upstream = request({ ...to, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}
