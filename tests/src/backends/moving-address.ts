import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An address that leads to one server after another, as a virtual IP or a Kubernetes Service does. */
export interface MovingAddress extends AsyncDisposable {
  port: number;
  /** Hangs up on everybody; who calls again reaches the server on that port of 127.0.0.1. */
  moveTo(port: number): void;
}

export async function startMovingAddress(firstPort: number): Promise<MovingAddress> {
  const open = new Set<Socket>();
  let target = firstPort;
  const server = createServer((caller) => {
    const upstream = connect(target, '127.0.0.1');
    const ends = [caller, upstream];
    const hangUp = () => {
      for (const end of ends) end.destroy();
    };
    for (const end of ends) {
      open.add(end);
      end.setNoDelay(true);
      end.once('error', hangUp);
      end.once('close', () => {
        open.delete(end);
        hangUp();
      });
    }
    caller.pipe(upstream).pipe(caller);
  });
  const hangUpAll = () => {
    for (const socket of open) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    moveTo(port) {
      target = port;
      hangUpAll();
    },
    async [Symbol.asyncDispose]() {
      hangUpAll();
      server.close();
    },
  };
}
