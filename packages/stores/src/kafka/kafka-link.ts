import type { Socket } from 'node:net';
import type { TlsFiles } from '@keyward/kit/tls-files';
import { Kafka, type logCreator, logLevel, type SASLOptions } from 'kafkajs';
import { brokerSocket } from './broker-socket.ts';
import type { KafkaTarget, SaslLogin } from './kafka-target.ts';

/**
 * A KafkaJS client whose connections can be cut. KafkaJS repeats a send for as long as it may, which for an idempotent
 * producer is for ever, and offers no way to stop it. Once cut, all sockets are closed, a new one is refused, and the
 * list of brokers is empty: that is an error which KafkaJS does not retry, so every pending call ends at once.
 */
export class KafkaLink {
  readonly kafka: Kafka;
  readonly #sockets = new Set<Socket>();
  readonly #tls: TlsFiles | undefined;
  #cut = false;

  constructor(target: KafkaTarget, logCreator: logCreator) {
    this.#tls = target.tls;
    this.kafka = new Kafka({
      clientId: 'keyward',
      brokers: async () => (this.#cut ? [] : target.brokers),
      socketFactory: ({ host, port, onConnect }) => this.#connect(host, port, onConnect),
      ...(target.login ? { sasl: saslOf(target.login) } : {}),
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
    const socket = brokerSocket({ host, port, tls: this.#tls, onConnect });
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Of its own for each client: KafkaJS keeps what it makes of a login on it. */
function saslOf({ mechanism, username, password }: SaslLogin): SASLOptions {
  return { mechanism, username, password };
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
