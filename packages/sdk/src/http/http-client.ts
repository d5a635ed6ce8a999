/** One call to the server, over whatever the runtime has for it. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Path and query, as they stand on the request line. */
  path: string;
  /** Names in lower case. `host`, `content-length` and `connection` are the client's own business. */
  headers: Readonly<Record<string, string>>;
  /** UTF-8 text. */
  body?: string;
  /** How long the whole call may take, from now to the last byte of the answer, ms. */
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case; a header that came several times is joined with `, `. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface HttpClient {
  /**
   * A request may arrive twice: when a connection that was kept turns out to be closed, it is sent once more on a new one. Whoever calls
   * vouches that this does no harm: an envelope is accepted once, and another POST has an `Idempotency-Key`, or changes nothing the
   * second time ("unless it has some means to know that the request semantics are actually idempotent", RFC 9110, 9.2.2).
   *
   * @throws {HttpFailure} when there is no whole answer; a redirect is an answer like others, and never followed
   * @throws {TypeError} when the request would not arrive as it stands (check-request.ts)
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes what is open; calls under way fail. */
  close(): void;
}

/** Nobody answered: `network` the connection failed or broke, `timeout` it took too long, `protocol` the answer is no HTTP of ours. */
export class HttpFailure extends Error {
  readonly kind: 'network' | 'timeout' | 'protocol';

  constructor(kind: HttpFailure['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HttpFailure';
    this.kind = kind;
  }
}
