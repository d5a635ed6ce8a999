import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../backends/wait-until.ts';

/**
 * One address for the replicas of a service, as a Kubernetes Service is: who connects gets one that is ready, and keeps it for as
 * long as the connection lasts. That a replica is ready, or is not, is heard of late.
 */
export interface ReplicaAddress extends AsyncDisposable {
  url: string;
  /** Resolves once connections come to it. */
  add(url: string): Promise<void>;
  /** As when its process is gone for good. */
  remove(url: string): void;
}

const probeEveryMs = 100;
/** Until a change of readiness has reached everybody who forwards. */
const heardAfterMs = 300;

interface Replica {
  port: number;
  isReady: boolean;
  probing: AbortController;
}

export async function startReplicaAddress(): Promise<ReplicaAddress> {
  const replicas = new Map<string, Replica>();
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((caller) => {
    const ready = [...replicas.values()].filter(({ isReady }) => isReady);
    turn += 1;
    const chosen = ready[turn % ready.length];
    if (!chosen) return void caller.destroy();
    forward(caller, chosen.port, open);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const remove = (url: string) => {
    replicas.get(url)?.probing.abort();
    replicas.delete(url);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    async add(url) {
      const replica = { port: Number(new URL(url).port), isReady: false, probing: new AbortController() };
      replicas.set(url, replica);
      void keepProbing(url, replica);
      await waitUntil(() => replica.isReady, { what: `${url} to be ready`, timeoutMs: 15_000 });
    },
    remove,
    async [Symbol.asyncDispose]() {
      for (const url of [...replicas.keys()]) remove(url);
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

async function keepProbing(url: string, replica: Replica): Promise<void> {
  const { signal } = replica.probing;
  while (!signal.aborted) {
    const isReady = await fetch(`${url}/readyz`, { signal }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
    if (isReady !== replica.isReady) {
      await pause(heardAfterMs);
      replica.isReady = isReady;
    }
    await pause(probeEveryMs);
  }
}

/** Each end hears of the other's end, and of nothing else. */
function forward(caller: Socket, port: number, open: Set<Socket>): void {
  const replica = connect(port, '127.0.0.1');
  for (const [end, other] of [
    [caller, replica],
    [replica, caller],
  ] as const) {
    open.add(end);
    end.setNoDelay(true);
    end.once('error', () => other.resetAndDestroy());
    end.once('close', () => {
      open.delete(end);
      other.destroySoon();
    });
    end.pipe(other);
  }
}
