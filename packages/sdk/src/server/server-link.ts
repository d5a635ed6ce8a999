import { isoTime, nowMs } from '../clock.ts';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../http/http-client.ts';
import type { ServerOptions } from '../options.ts';
import type { Outgoing, Runtime, SealedRequest, Session } from '../runtime.ts';
import { version } from '../version.ts';
import { ServerAway, ServerRefused } from './server-failure.ts';
import { type ServerKey, ServerKeys } from './server-keys.ts';

/** An answer whose JSON is read. */
export interface ServerAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  json: Readonly<Record<string, unknown>>;
}

export interface ServerCall {
  /** Path and query after the base URL. */
  path: string;
  /** JSON. */
  text: string;
  /** What `x-apikee-signature` is over, but for the timestamp after it; undefined where nothing is signed. */
  signed?: string;
}

/** wire.md §6: "A client may keep its ephemeral pair for up to 5 minutes"; the rest is for a call that is under way. */
const sessionMs = 270_000;

interface OpenSession {
  session: Promise<Session>;
  key: ServerKey;
  endsMs: number;
}

/** Sends JSON to the server, sealed, and gives its answer, opened. One session serves all calls for some minutes. */
export class ServerLink {
  readonly #runtime: Runtime;
  readonly #options: ServerOptions;
  readonly #http: HttpClient;
  readonly #keys: ServerKeys;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  #open: OpenSession | undefined;

  constructor(runtime: Runtime, options: ServerOptions) {
    const { baseUrl, maxSockets, fetch, pins, serverKey } = options;
    this.#runtime = runtime;
    this.#options = options;
    this.#basePath = baseUrl.pathname;
    this.#http = runtime.createHttpClient({ origin: baseUrl.origin, maxSockets, fetch });
    this.#keys = new ServerKeys({ runtime, http: this.#http, basePath: this.#basePath, pins });
    this.#headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-api-key': serverKey,
      'x-apikee-encrypted': '1',
      'user-agent': `keyward-js/${version}`,
    };
  }

  /**
   * POSTs within the time that a call has. Once more, with the server's keys asked for anew, when the server does not open the
   * envelope: its key may have changed.
   * @throws {ServerAway} when there is no answer, or it is a 5xx; {ServerRefused} when it is a 4xx.
   */
  async post(call: ServerCall): Promise<ServerAnswer> {
    const deadlineMs = nowMs() + this.#options.timeoutMs;
    const first = await this.#send(call, deadlineMs);
    if (first.json.error !== 'INVALID_ENVELOPE') return accepted(first);
    this.#open = undefined;
    await this.#told(() => this.#keys.refresh(leftUntil(deadlineMs)));
    return accepted(await this.#send(call, deadlineMs));
  }

  close(): void {
    this.#http.close();
  }

  async #send({ path, text, signed }: ServerCall, deadlineMs: number): Promise<ServerAnswer> {
    const { session, key } = await this.#session(deadlineMs);
    const ts = isoTime(nowMs());
    const request: Outgoing = { method: 'POST', path, ts, text: key.version === '1' ? stamped(text, ts) : text };
    const sealed = await session.seal(request);
    const answer = await this.#request(request, { sealed, signed }, deadlineMs);
    return this.#read(answer, { request, sealed, open: { session, key } });
  }

  async #request(
    { path, ts }: Outgoing,
    { sealed, signed }: { sealed: SealedRequest; signed: string | undefined },
    deadlineMs: number,
  ): Promise<HttpAnswer> {
    const { privateKey } = this.#options;
    const isSigned = privateKey !== undefined && signed !== undefined;
    const headers = isSigned
      ? { ...this.#headers, 'x-apikee-signature': await this.#runtime.sign(`${signed}|${ts}`, privateKey) }
      : this.#headers;
    const timeoutMs = leftUntil(deadlineMs);
    try {
      return await this.#http.send({
        method: 'POST',
        path: this.#basePath + path,
        headers,
        body: sealed.body,
        timeoutMs,
      });
    } catch (cause) {
      throw cause instanceof HttpFailure
        ? new ServerAway(`the server cannot be reached: ${cause.message}`, { cause })
        : cause;
    }
  }

  /** In version 2 what was allowed or refused comes sealed; anybody could have written what is not. */
  async #read(
    answer: HttpAnswer,
    { request, sealed, open }: { request: Outgoing; sealed: SealedRequest; open: { session: Session; key: ServerKey } },
  ): Promise<ServerAnswer> {
    const { status, headers } = answer;
    const isSealed = open.key.version === '2' && headers['x-apikee-encrypted'] === '1';
    const text = isSealed ? await open.session.open(answer.body, request, sealed) : answer.body;
    const json = text === undefined ? undefined : parseObject(text);
    if (!json) throw new ServerAway(`the server's answer (HTTP ${status}) is not Keyward's, or was changed on its way`);
    if (open.key.version === '2' && !isSealed && (status < 400 || isVerdict(json)))
      throw new ServerAway('the server answered in the open what it has to seal');
    return { status, headers, json };
  }

  async #session(deadlineMs: number): Promise<{ session: Session; key: ServerKey }> {
    const key = await this.#told(() => this.#keys.current(leftUntil(deadlineMs)));
    const atMs = nowMs();
    const open = this.#open;
    const isGood = open && open.endsMs > atMs && open.key.kid === key.kid && open.key.version === key.version;
    const chosen = isGood ? open : { session: this.#openTo(key), key, endsMs: atMs + sessionMs };
    // Kept before it is open: those who come meanwhile wait for it, where they may.
    if (this.#runtime.lifetime === 'process') this.#open = chosen;
    const session = await chosen.session;
    if (this.#runtime.lifetime === 'request') this.#open = chosen;
    return { session, key: chosen.key };
  }

  async #openTo(key: ServerKey): Promise<Session> {
    try {
      return await this.#runtime.openSession(key);
    } catch (cause) {
      this.#open = undefined;
      this.#keys.distrust(key);
      throw new ServerRefused('nothing can be encrypted to the key that the server tells', { cause });
    }
  }

  async #told(ask: () => ServerKey | Promise<ServerKey>): Promise<ServerKey> {
    try {
      return await ask();
    } catch (cause) {
      throw cause instanceof HttpFailure
        ? new ServerAway(`the server's key cannot be asked for: ${cause.message}`, { cause })
        : cause;
    }
  }
}

function accepted(answer: ServerAnswer): ServerAnswer {
  const { status, json } = answer;
  if (status < 400 || isVerdict(json)) return answer;
  const { error, message } = json;
  const told = `HTTP ${status} ${String(error ?? '')}: ${String(message ?? 'no reason')}`;
  // 408, 421, 425 and 429 without a verdict come from what stands before Keyward and may pass.
  if (status >= 500 || status === 408 || status === 421 || status === 425 || status === 429)
    throw new ServerAway(`the server has no verdict (${told})`);
  throw new ServerRefused(`the server does not take what it is asked (${told})`);
}

/** An environment may give refusals the status that the application answers (wire.md §5). */
function isVerdict({ success }: ServerAnswer['json']): boolean {
  return typeof success === 'boolean';
}

function leftUntil(deadlineMs: number): number {
  const leftMs = deadlineMs - nowMs();
  if (leftMs <= 0) throw new ServerAway('the server took too long');
  return leftMs;
}

/** Version 1 has no time outside the ciphertext. */
function stamped(text: string, ts: string): string {
  return `{"timestamp":"${ts}",${text.slice(1)}`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined; // any object
  } catch {
    return undefined;
  }
}
