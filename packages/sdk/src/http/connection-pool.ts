import { clearTimeout, setTimeout } from 'node:timers';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { HttpFailure } from './http-client.ts';
import type { Destination } from './open-socket.ts';

export interface PoolOptions {
  destination: Destination;
  maxSockets: number;
  maxBodyBytes: number;
}

/** The connections to one origin. Calls beyond `maxSockets` wait, and are sent in the order in which they came. */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: PoolOptions;
  readonly #all = new Set<Connection>();
  /** The one that was used last is at the end and is taken first, so that those too many grow old and close. */
  #idle: Connection[] = [];
  #waiting: Exchange[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  submit(exchange: Exchange): void {
    const connection = this.#takeIdle();
    if (this.#isClosed) exchange.fail(closedFailure());
    else if (connection !== undefined) connection.carry(exchange);
    else if (this.#all.size < this.#options.maxSockets) this.#openFor(exchange);
    else this.#waiting.push(exchange);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#sweep);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const exchange of waiting) exchange.fail(closedFailure());
    for (const connection of this.#all) connection.stop(closedFailure());
  }

  freed(connection: Connection, keptForMs: number): void {
    const next = this.#nextWaiting();
    if (next !== undefined) {
      connection.carry(next);
      return;
    }
    connection.idleUntilMs = performance.now() + keptForMs;
    this.#idle.push(connection);
    this.#sweepIn(keptForMs);
  }

  closed(connection: Connection, lost?: Exchange): void {
    this.#all.delete(connection);
    this.#idle = this.#idle.filter((other) => other !== connection);
    // What was lost takes the place of its connection: it came before all that wait.
    const next = lost ?? this.#nextWaiting();
    if (next !== undefined) this.#openFor(next);
  }

  #openFor(exchange: Exchange): void {
    const connection = new Connection(this, this.#options);
    this.#all.add(connection);
    connection.carry(exchange);
  }

  #nextWaiting(): Exchange | undefined {
    for (;;) {
      const exchange = this.#waiting.shift();
      // One whose time ran out while it waited has been told.
      if (exchange === undefined || !exchange.isOver) return exchange;
    }
  }

  /** Looks at the clock by itself: a process that was busy has not heard its timers, nor what the server has closed meanwhile. */
  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.idleUntilMs > performance.now()) return connection;
      connection.close();
    }
  }

  /** One timer for all that are idle, which does not keep the process alive. */
  #sweepIn(ms: number): void {
    if (this.#sweep !== undefined) return;
    this.#sweep = setTimeout(sweep, ms, this);
    this.#sweep.unref();
  }

  closeOld(): void {
    this.#sweep = undefined;
    const nowMs = performance.now();
    for (const connection of [...this.#idle]) if (connection.idleUntilMs <= nowMs) connection.close();
    const [first] = this.#idle;
    if (first !== undefined) this.#sweepIn(first.idleUntilMs - nowMs);
  }
}

const sweep = (pool: ConnectionPool) => pool.closeOld();
const closedFailure = () => new HttpFailure('network', 'the client was closed');
