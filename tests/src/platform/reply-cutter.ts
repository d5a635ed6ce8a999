import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between gateways and validators; it can lose an answer, as a network or a validator that dies does. */
export interface ReplyCutter extends AsyncDisposable {
  /** Where the validators are reached by way of it, in their order. */
  urls: readonly string[];
  /** Keeps the next answer of any validator to itself, calls `instead` with the validator's number, and hangs up. */
  cutNextReply(instead?: (validator: number) => unknown): void;
  /** How many answers were lost. */
  readonly cuts: number;
}

export async function startReplyCutter(validatorUrls: readonly string[]): Promise<ReplyCutter> {
  const open = new Set<Socket>();
  let instead: ((validator: number) => unknown) | undefined;
  let cuts = 0;

  function join(gateway: Socket, validator: number): void {
    const { hostname, port } = new URL(validatorUrls[validator] ?? '');
    const upstream = connect(Number(port), hostname);
    const hangUp = () => {
      for (const end of [gateway, upstream]) end.destroy();
    };
    for (const end of [gateway, upstream]) {
      open.add(end);
      end.once('error', hangUp);
      end.once('close', () => {
        open.delete(end);
        hangUp();
      });
    }
    gateway.pipe(upstream);
    upstream.on('data', (reply: Buffer) => {
      const work = instead;
      instead = undefined;
      if (!work) return void gateway.write(reply);
      cuts += 1;
      void Promise.resolve(work(validator)).finally(hangUp);
    });
  }

  const servers = await Promise.all(
    validatorUrls.map((_, validator) => listen(createServer((gateway) => join(gateway, validator)))),
  );
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`), // it listens on TCP
    cutNextReply(work = () => undefined) {
      instead = work;
    },
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
