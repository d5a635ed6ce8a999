import { isoTime, nowMs } from '../clock.ts';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../http/http-client.ts';
import type { ServerOptions } from '../options.ts';
import type { Outgoing, Runtime, Session } from '../runtime.ts';
import { version } from '../version.ts';
import { failureOfStatus } from './failure-of-status.ts';
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
  opening: Promise<Session>;
  /** undefined until it is open. */
  session: Session | undefined;
  key: ServerKey;
  endsMs: number;
}

/** A session to a key. */
type Sealing = { session: Session; key: ServerKey };

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
    const { baseUrl, maxSockets, ca, fetch, pins, serverKey } = options;
    this.#runtime = runtime;
    this.#options = options;
    this.#basePath = baseUrl.pathname;
    this.#http = runtime.createHttpClient({ origin: baseUrl.origin, maxSockets, ca, fetch });
    this.#keys = new ServerKeys({ runtime, http: this.#http, basePath: this.#basePath, pins });
    this.#headers = Object.freeze({
      'content-type': 'application/json',
      accept: 'application/json',
      'x-api-key': serverKey,
      'x-apikee-encrypted': '1',
      'user-agent': `keyward-js/${version}`,
    });
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
    await told(this.#keys.refresh(leftUntil(deadlineMs)));
    return accepted(await this.#send(call, deadlineMs));
  }

  close(): void {
    this.#http.close();
  }

  /** Waits for the network, and for nothing else that is at hand: each wait costs the application time of its own. */
  async #send({ path, text, signed }: ServerCall, deadlineMs: number): Promise<ServerAnswer> {
    const current = this.#keys.current(leftUntil(deadlineMs));
    const { session, key } = this.#atHand(current) ?? (await this.#session(current));
    const ts = isoTime(nowMs());
    const request: Outgoing = { method: 'POST', path, ts, text: key.version === '1' ? stamped(text, ts) : text };
    const sealing = session.seal(request);
    const sealed = sealing instanceof Promise ? await sealing : sealing;
    const { privateKey } = this.#options;
    const isSigned = privateKey !== undefined && signed !== undefined;
    const headers = isSigned ? await this.#signed(`${signed}|${ts}`, privateKey) : this.#headers;
    const timeoutMs = leftUntil(deadlineMs);
    const posted = { method: 'POST', path: this.#basePath + path, headers, body: sealed.body, timeoutMs } as const;
    let answer: HttpAnswer;
    try {
      answer = await this.#http.send(posted);
    } catch (cause) {
      throw unreachable(cause);
    }
    const isSealed = key.version === '2' && answer.headers['x-apikee-encrypted'] === '1';
    const opening = isSealed ? session.open(answer.body, request, sealed) : answer.body;
    return readAnswer(answer, { text: opening instanceof Promise ? await opening : opening, isSealed, key });
  }

  async #signed(text: string, privateKey: string): Promise<Record<string, string>> {
    return { ...this.#headers, 'x-apikee-signature': await this.#runtime.sign(text, privateKey) };
  }

  /** The session of before, if nobody has to be waited for. */
  #atHand(key: ServerKey | Promise<ServerKey>): Sealing | undefined {
    const open = this.#open;
    if (!open?.session || key instanceof Promise || !isGood(open, key)) return undefined;
    return { session: open.session, key: open.key };
  }

  async #session(current: ServerKey | Promise<ServerKey>): Promise<Sealing> {
    const key = await told(current);
    const open = this.#open;
    const chosen: OpenSession =
      open && isGood(open, key)
        ? open
        : { opening: this.#openTo(key), session: undefined, key, endsMs: nowMs() + sessionMs };
    // Kept before it is open: those who come meanwhile wait for it, where they may.
    if (this.#runtime.lifetime === 'process') this.#open = chosen;
    const session = await this.#opened(chosen);
    if (this.#runtime.lifetime === 'request') this.#open = chosen;
    return { session, key: chosen.key };
  }

  async #opened(chosen: OpenSession): Promise<Session> {
    try {
      chosen.session = await chosen.opening;
      return chosen.session;
    } catch (cause) {
      // Whoever comes next tries another one.
      if (this.#open === chosen) this.#open = undefined;
      this.#keys.distrust(chosen.key);
      throw new ServerRefused('nothing can be encrypted to the key that the server tells', { cause });
    }
  }

  /** What it throws at once is a rejection, too. */
  async #openTo(key: ServerKey): Promise<Session> {
    return this.#runtime.openSession(key);
  }
}

async function told(key: ServerKey | Promise<ServerKey>): Promise<ServerKey> {
  try {
    return await key;
  } catch (cause) {
    throw cause instanceof HttpFailure
      ? new ServerAway(`the server's key cannot be asked for: ${cause.message}`, { cause })
      : cause;
  }
}

function isGood({ key, endsMs }: OpenSession, current: ServerKey): boolean {
  return endsMs > nowMs() && key.kid === current.kid && key.version === current.version;
}

function unreachable(cause: unknown): unknown {
  return cause instanceof HttpFailure
    ? new ServerAway(`the server cannot be reached: ${cause.message}`, { cause })
    : cause;
}

/** In version 2 what was allowed or refused comes sealed; anybody could have written what is not. */
function readAnswer(
  { status, headers }: HttpAnswer,
  { text, isSealed, key }: { text: string | undefined; isSealed: boolean; key: ServerKey },
): ServerAnswer {
  const json = text === undefined ? undefined : parseObject(text);
  if (!json)
    throw failureOfStatus(status, `the server's answer (HTTP ${status}) is not Keyward's, or was changed on its way`);
  if (key.version === '2' && !isSealed && (status < 400 || isVerdict(json)))
    throw new ServerAway('the server answered in the open what it has to seal');
  return { status, headers, json };
}

function accepted(answer: ServerAnswer): ServerAnswer {
  const { status, json } = answer;
  if (status < 400 || isVerdict(json)) return answer;
  const { error, message } = json;
  const told = `HTTP ${status} ${String(error ?? '')}: ${String(message ?? 'no reason')}`;
  // Sealed anew it is taken: every envelope of ours is new, and this one came twice because its first answer was lost.
  if (error === 'REPLAYED') throw new ServerAway(`an answer of the server was lost (${told})`);
  throw failureOfStatus(status, `the server has no verdict (${told})`);
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
