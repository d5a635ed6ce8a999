import { connect, type Socket } from 'node:net';
import { Kafka, type logCreator, logLevel } from 'kafkajs';
import type { KafkaTarget } from './kafka-target.ts';

/**
 * A KafkaJS client whose connections can be cut. KafkaJS repeats a send for as long as it may, which for an idempotent
 * producer is for ever, and offers no way to stop it. Once cut, all sockets are closed, a new one is refused, and the
 * list of brokers is empty: that is an error which KafkaJS does not retry, so every pending call ends at once.
 */
export class KafkaLink {
  readonly kafka: Kafka;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  constructor(target: KafkaTarget, logCreator: logCreator) {
    this.kafka = new Kafka({
      clientId: 'keyward',
      brokers: async () => (this.#cut ? [] : target.brokers),
      socketFactory: ({ host, port, onConnect }) => this.#connect(host, port, onConnect),
      connectionTimeout: 3_000,
      requestTimeout: 30_000,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2 },
      logLevel: logLevel.WARN,
      logCreator,
    });
  }

  /** Ends whatever is pending, without waiting for a broker's answer. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy(new Error('the connection was cut on this side'));
  }

  #connect(host: string, port: number, onConnect: () => void): Socket {
    if (this.#cut) throw new Error('this client was closed');
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, onConnect);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** What `work` comes to; once the signal fires, the link that it works on is cut and the wait is over. */
export async function unlessAborted<T>(
  work: () => Promise<T>,
  { link, signal }: { link: KafkaLink; signal: AbortSignal },
): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    link.cut();
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
