import type { Socket } from 'node:net';
import { AnswerParser, type ParsedAnswer } from './answer-parser.ts';
import type { Carrier, Exchange } from './exchange.ts';
import { HttpFailure } from './http-client.ts';
import { type Destination, openSocket } from './open-socket.ts';

/** Who holds a connection, and hears what becomes of it. */
export interface ConnectionOwner {
  /** It has brought an answer and may carry the next call, if that comes within `keptForMs`. */
  freed(connection: Connection, keptForMs: number): void;
  /** It is closed; `lost` is a call that has to be sent again on another one. */
  closed(connection: Connection, lost?: Exchange): void;
}

export interface ConnectionOptions {
  destination: Destination;
  maxBodyBytes: number;
}

/** A connection that carries one exchange at a time: answers have no numbers, so with two under way one could get the other's. */
export class Connection implements Carrier {
  readonly #owner: ConnectionOwner;
  readonly #maxBodyBytes: number;
  readonly #socket: Socket;
  #parser: AnswerParser;
  #exchange: Exchange | undefined;
  #state: 'connecting' | 'fresh' | 'reused' | 'closed' = 'connecting';
  /** Until when it may wait for its next call, in ms of `performance.now()`; of meaning while it is idle. */
  idleUntilMs = 0;

  constructor(owner: ConnectionOwner, { destination, maxBodyBytes }: ConnectionOptions) {
    this.#owner = owner;
    this.#maxBodyBytes = maxBodyBytes;
    this.#parser = new AnswerParser(maxBodyBytes);
    this.#socket = openSocket(destination, (bytes) => this.#take(bytes));
    this.#socket.once(destination.tls ? 'secureConnect' : 'connect', () => this.#connected());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (cause: NodeJS.ErrnoException) => this.#broken(cause));
    this.#socket.on('close', () => this.#broken());
  }

  get stage(): string {
    if (this.#state === 'connecting') return 'connecting';
    return this.#parser.hasBegun ? 'reading the answer' : 'waiting for the answer';
  }

  carry(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.carriedBy(this);
    if (this.#state === 'reused') this.#parser = new AnswerParser(this.#maxBodyBytes);
    this.#socket.write(exchange.request.text, exchange.request.encoding);
  }

  /** Whoever waits for its answer gets this failure instead. */
  stop(failure: HttpFailure): void {
    if (this.#exchange === undefined) this.close();
    else this.#exchange.fail(failure);
  }

  abandon(): void {
    this.close();
  }

  close(lost?: Exchange): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#exchange = undefined;
    this.#socket.destroy();
    this.#owner.closed(this, lost);
  }

  #connected(): void {
    if (this.#state === 'connecting') this.#state = 'fresh';
    // Calls keep the process alive, each by its deadline; what is idle does not.
    this.#socket.unref();
  }

  #take(bytes: Buffer): void {
    const exchange = this.#exchange;
    // Bytes that nobody asked for: what they belong to cannot be known.
    if (exchange === undefined) {
      this.close();
      return;
    }
    try {
      const parsed = this.#parser.push(bytes);
      if (parsed !== undefined) this.#deliver(exchange, parsed);
    } catch (error) {
      exchange.fail(asFailure(error));
    }
  }

  #ended(): void {
    const exchange = this.#exchange;
    try {
      const parsed = exchange && this.#parser.end();
      if (exchange && parsed) this.#deliver(exchange, parsed);
      else this.#broken();
    } catch (error) {
      exchange?.fail(asFailure(error));
    }
  }

  #deliver(exchange: Exchange, { answer, keptForMs }: ParsedAnswer): void {
    this.#exchange = undefined;
    exchange.succeed(answer);
    if (keptForMs === 0) {
      this.close();
      return;
    }
    this.#state = 'reused';
    this.#owner.freed(this, keptForMs);
  }

  /** The connection is gone: before the answer was whole, or while it was idle. */
  #broken(cause?: NodeJS.ErrnoException): void {
    const exchange = this.#exchange;
    if (exchange === undefined) this.close();
    else if (this.#mayBeSentAgain()) this.#handBack(exchange);
    else exchange.fail(this.#brokenFailure(cause));
  }

  /**
   * A server closes idle connections when it likes, and a request may cross that on its way: what comes back is a close without a byte.
   * Most likely the request was not read; nobody can know. So whoever calls vouches that it may arrive twice (http-client.ts). A new
   * connection has no such race, and one byte of an answer proves that the request was read: then it is never sent again.
   */
  #mayBeSentAgain(): boolean {
    return this.#state === 'reused' && !this.#parser.hasBegun;
  }

  #handBack(exchange: Exchange): void {
    exchange.carriedBy(undefined);
    this.close(exchange);
  }

  #brokenFailure(cause: NodeJS.ErrnoException | undefined): HttpFailure {
    const what =
      this.#state === 'connecting' ? 'cannot connect' : 'the connection was closed before the whole answer had come';
    const code = cause?.code === undefined ? '' : ` (${cause.code})`;
    return new HttpFailure('network', `${what}${code}`, { cause });
  }
}

function asFailure(error: unknown): HttpFailure {
  return error instanceof HttpFailure
    ? error
    : new HttpFailure('protocol', 'the answer could not be read', { cause: error });
}
