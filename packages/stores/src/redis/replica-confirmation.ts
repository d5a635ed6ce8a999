import { Cluster, type Redis } from 'ioredis';
import { asking, type RedisConnection } from './connection.ts';

/** Well under a command's own time-out: commands behind a WAIT on the same connection wait with it. */
const waitMs = 500;

/**
 * Says whether replicas have what was written, by WAIT on the connections that carried the writes: on any other it would
 * promise nothing. WAIT covers everything up to the connection's last command, so a write that is found done by an earlier
 * connection is covered when it is tried again. Who asks while one WAIT is under way shares the next.
 */
export class ReplicaConfirmation {
  readonly #redis: RedisConnection;
  readonly #minReplicas: number;
  #breaks = 0;
  #running: Promise<boolean> = Promise.resolve(true);
  #queued: Promise<boolean> | undefined;

  /** @param minReplicas 0: nobody is asked, every write counts as confirmed. */
  constructor(redis: RedisConnection, minReplicas: number) {
    this.#redis = redis;
    this.#minReplicas = minReplicas;
    // A connection that comes back may lead to a server that never saw what its predecessor acknowledged.
    redis.on(redis instanceof Cluster ? '-node' : 'close', () => {
      this.#breaks += 1;
    });
  }

  /** Runs the writes; true once enough replicas have them. Throws what they throw, and `StoreAway`. */
  async confirmed(write: () => Promise<void>): Promise<boolean> {
    const { breaks, masters } = { breaks: this.#breaks, masters: this.#masters() };
    await write();
    if (this.#minReplicas === 0) return true;
    const isConfirmed = await this.#share();
    const still = new Set(this.#masters());
    return isConfirmed && breaks === this.#breaks && masters.every((master) => still.has(master));
  }

  #share(): Promise<boolean> {
    this.#queued ??= this.#running
      .catch(() => false)
      .then(() => {
        this.#queued = undefined;
        this.#running = this.#wait();
        return this.#running;
      });
    return this.#queued;
  }

  async #wait(): Promise<boolean> {
    const counts = this.#masters().map((master) => master.wait(this.#minReplicas, waitMs));
    return (await asking(Promise.all(counts))).every((count) => count >= this.#minReplicas);
  }

  /** Those that are connected; to others nothing was written. */
  #masters(): Redis[] {
    if (!(this.#redis instanceof Cluster)) return [this.#redis];
    return this.#redis.nodes('master').filter((node) => node.status === 'ready');
  }
}
