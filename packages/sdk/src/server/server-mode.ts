import { nowMs } from '../clock.ts';
import { queryValue } from '../http/query-value.ts';
import { claimsOfRecord } from '../keys/claims-of-record.ts';
import type { Claims } from '../keys/key-claims.ts';
import type { ServerOptions, Settings } from '../options.ts';
import type { Runtime } from '../runtime.ts';
import { type RequestFacts, refused, type Validation } from '../validation.ts';
import { askServer, type ServerVerdict } from './ask-server.ts';
import { type EndpointLine, EndpointLines } from './endpoint-lines.ts';
import type { Incident } from './incidents.ts';
import { Registrations } from './registrations.ts';
import { ServerAway } from './server-failure.ts';
import { ServerLink } from './server-link.ts';

interface ServerModeOptions {
  runtime: Runtime;
  server: ServerOptions;
  settings: Pick<Settings, 'failOpen' | 'autoRegisterEndpoints'>;
  onIncident: (incident: Incident) => void;
}

interface Question {
  facts: RequestFacts;
  key: string;
  /** What the key says of itself; undefined when nobody here can tell whether it is good. */
  claims: Claims | undefined;
}

/** More than an application has; those beyond are not told of. */
const maxEndpoints = 1_000;

/** The server as an application deals with it: asked on each request, told of endpoints and keys in the background. */
export class ServerMode {
  readonly #link: ServerLink;
  readonly #registrations: Registrations;
  readonly #lifetime: Runtime['lifetime'];
  readonly #timeoutMs: number;
  readonly #projectEnv: string;
  readonly #settings: ServerModeOptions['settings'];
  readonly #onIncident: ServerModeOptions['onIncident'];
  readonly #lines: EndpointLines;
  readonly #endpoints = new Set<string>();

  constructor({ runtime, server, settings, onIncident }: ServerModeOptions) {
    const link = new ServerLink(runtime, server);
    this.#link = link;
    const { lifetime } = runtime;
    this.#registrations = new Registrations({ send: (call) => link.post(call), onIncident, lifetime });
    this.#lifetime = lifetime;
    this.#timeoutMs = server.timeoutMs;
    this.#projectEnv = server.projectEnv;
    this.#lines = new EndpointLines(server.projectEnv);
    this.#settings = settings;
    this.#onIncident = onIncident;
  }

  /** The server's word, and while there is none, what `failOpen` says. */
  async validate(question: Question): Promise<Validation> {
    const { facts, key } = question;
    const deadlineMs = nowMs() + this.#timeoutMs;
    const line = this.#lines.of(facts);
    const isNew = this.#registerEndpoint(line);
    try {
      const verdict = await askServer(this.#link, { facts, key, line });
      if (isNew) await this.#tellInRequest(deadlineMs);
      return validationOf(verdict, question);
    } catch (cause) {
      return this.#withoutVerdict(question, cause);
    }
  }

  /** Has the server told of a client and its key: in the background, where there is one. */
  async registerClient({ tenant, text }: { tenant: string; text: string }): Promise<void> {
    this.#register({ route: '/client', text, what: `A key of ${tenant}` });
    await this.#tellInRequest(nowMs() + this.#timeoutMs);
  }

  flush(timeoutMs: number): Promise<boolean> {
    return this.#registrations.flush(timeoutMs);
  }

  close(): void {
    this.#registrations.stop();
    this.#link.close();
  }

  /**
   * An outage lets through what is good by itself, if so it was chosen. A key that nobody here can judge is never let through, and
   * nothing is while the server refuses this application itself, or what is to be sent cannot be: that would pass for ever, or
   * for whoever knows which request cannot be sent.
   */
  #withoutVerdict({ claims }: Question, cause: unknown): Validation {
    const isAway = cause instanceof ServerAway;
    const message = cause instanceof Error ? cause.message : 'for an unknown reason';
    this.#onIncident({ kind: isAway ? 'server-away' : 'server-refused', message, cause });
    if (isAway && claims && this.#settings.failOpen)
      return { allowed: true, claims, clientId: undefined, degraded: true, headers: {} };
    return refused({
      status: 503,
      code: 'UNAVAILABLE',
      message: 'The key cannot be checked just now; try again.',
      retryAfterSeconds: 1,
    });
  }

  /** What waits, where nothing goes on after a request. */
  async #tellInRequest(deadlineMs: number): Promise<void> {
    if (this.#lifetime === 'request') await this.flush(deadlineMs - nowMs());
  }

  /** Only patterns: what callers ask for has no end. Whether it was one that nobody had asked for. */
  #registerEndpoint({ endpoint: { method, path, isPattern, name } }: EndpointLine): boolean {
    if (!this.#settings.autoRegisterEndpoints || !isPattern) return false;
    if (this.#endpoints.has(name) || this.#endpoints.size >= maxEndpoints) return false;
    this.#endpoints.add(name);
    const text = JSON.stringify({ method, path, name });
    this.#register({ route: '/endpoint', text, what: `The endpoint ${name}` });
    return true;
  }

  #register({ route, text, what }: { route: string; text: string; what: string }): void {
    const path = `${route}?project_env=${queryValue(this.#projectEnv)}`;
    this.#registrations.add({ path, text, what });
  }
}

function validationOf(verdict: ServerVerdict, { key, claims }: Question): Validation {
  const { headers, clientId } = verdict;
  if (!verdict.success) return refused(verdict);
  const known = verdict.key ? claimsOfRecord(verdict.key, { rawKey: key, claims }) : claims;
  if (known) return { allowed: true, claims: known, clientId, degraded: verdict.degraded, headers };
  // The server is older than what tells of keys: it has let through a key of which nothing is known here.
  const nothing = { id: '', tenant: '', scopes: [], expiresAt: null, notBefore: null, environment: '', meta: {} };
  return { allowed: true, claims: { ...nothing, rawKey: key }, clientId, degraded: verdict.degraded, headers };
}
