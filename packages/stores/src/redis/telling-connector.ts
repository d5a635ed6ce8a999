import { createConnection, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { AbstractConnector, type StandaloneConnectionOptions } from 'ioredis';

/** How long a connection may take to end, ms; as in ioredis. */
const disconnectTimeoutMs = 2_000;

/**
 * How a node of a cluster is connected to, which tells why it cannot be: ioredis asks for the slots on connections of its own, whose
 * errors it drops, and says "Connection is closed".
 */
export function tellingConnector(tell: (error: Error) => void) {
  return class TellingConnector extends AbstractConnector {
    readonly #options: StandaloneConnectionOptions;

    constructor(options: unknown) {
      const given = options as StandaloneConnectionOptions; // those of the node
      super(given.disconnectTimeout ?? disconnectTimeoutMs);
      this.#options = given;
    }

    async connect(): Promise<Socket> {
      const { host = '', port = 0, family, tls } = this.#options;
      const place = { host, port, ...(family === undefined ? {} : { family }) };
      this.connecting = true;
      await Promise.resolve(); // whoever asked for it may take it back
      if (!this.connecting) throw new Error('Connection is closed.');
      const stream = tls ? connect(Object.assign(place, tls)) : createConnection(place);
      stream.once('error', (error) => {
        this.firstError = error;
        tell(error);
      });
      this.stream = stream;
      return stream;
    }
  };
}
