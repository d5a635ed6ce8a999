import { runtime } from '#runtime';
import { type ConnectHandler, connectHandler } from './adapters/connect.ts';
import { hashKey } from './keys/hash-key.ts';
import type { Claims } from './keys/key-claims.ts';
import { KeyEngine, type KeyOptions } from './keys/key-engine.ts';
import { KeywardError } from './keyward-error.ts';
import { checkLocally } from './local-check.ts';
import { injectSecurityScheme } from './open-api.ts';
import { type KeywardOptions, readSettings, type Settings } from './options.ts';
import { createIncidentLog, type Incident } from './server/incidents.ts';
import { type NewClient, newClientText } from './server/new-client.ts';
import { ServerMode } from './server/server-mode.ts';
import { type RequestFacts, refused, type Validation } from './validation.ts';

/** What a new key says, and what the server is told of whom it is for. */
export interface CreateOptions extends Omit<KeyOptions, 'tenant'>, NewClient {
  /** When it ends, where `expiresIn` is not said. */
  expiresAt?: Date | undefined;
}

const flushMs = 5_000;

/**
 * API keys for an application. With a secret it signs and checks keys in-process; with a server key as well it asks a Keyward
 * server on every request, which knows what was revoked, limits and counts.
 */
export class Keyward {
  readonly headerName: string;
  readonly defaultExpiresIn: string | null;
  readonly #settings: Settings;
  readonly #engine: KeyEngine | undefined;
  readonly #server: ServerMode | undefined;

  /** Throws `CONFIG` with everything that is missing or wrong. */
  constructor(options: KeywardOptions = {}) {
    const settings = readSettings(options, runtime.environment);
    const { secrets, server, headerName, defaultExpiresIn } = settings;
    const onIncident = safely(options.onIncident ?? createIncidentLog(runtime.warn));
    this.headerName = headerName;
    this.defaultExpiresIn = defaultExpiresIn;
    this.#settings = settings;
    this.#engine = secrets.length > 0 ? new KeyEngine(secrets) : undefined;
    this.#server = server && new ServerMode({ runtime, server, settings, onIncident });
  }

  get serverMode(): boolean {
    return this.#server !== undefined;
  }

  /** Whether adapters let this path through without a key. */
  isExcluded(path: string): boolean {
    return this.#settings.excludePaths.has(path);
  }

  /**
   * A new key for a tenant, signed here. In server mode the server is told of it, and of whose it is, in the background; `flush`
   * waits for that. On edge runtimes, which have no background, `create` itself does. Throws `INVALID_DURATION`, or `CONFIG` for claims that no key can carry or without a secret.
   */
  async create(tenant: string, options: CreateOptions = {}): Promise<string> {
    const { expiresIn = options.expiresAt ?? this.defaultExpiresIn, scopes, notBefore, environment, meta } = options;
    const engine = this.#requireEngine();
    const key = engine.create({ tenant, scopes, expiresIn, notBefore, environment, meta });
    if (this.#server && this.#settings.autoCreateClients) {
      const text = newClientText(options, { claims: engine.read(key), sha256: hashKey(key) });
      await this.#server.registerClient({ tenant, text });
    }
    return key;
  }

  /** The claims of a signed key that is good by itself; no I/O. Throws a KeywardError with the reason in `code`. */
  verify(key: string): Claims {
    return this.#requireEngine().verify(key);
  }

  /** The same for the value of a header, which may be missing. It asks no server: `validate` does. */
  protect(headerValue: string | undefined): Claims {
    if (!headerValue) throw new KeywardError('MISSING_KEY', this.#missing());
    return this.verify(headerValue);
  }

  /**
   * Whether a request may go on: the key is checked here first, and then, in server mode, the server is asked. While it cannot be
   * reached, `failOpen` decides, and only about keys that are good by themselves.
   */
  async validate(facts: RequestFacts): Promise<Validation> {
    const { key } = facts;
    if (!key) return refused({ status: 401, code: 'MISSING_KEY', message: this.#missing() });
    const server = this.#server;
    const local = checkLocally(key, { engine: this.#engine, hasServer: server !== undefined });
    if (local.kind === 'bad') return local.refusal;
    const claims = local.kind === 'good' ? local.claims : undefined;
    if (server) return await server.validate({ facts, key, claims });
    return { allowed: true, claims: claims ?? this.verify(key), clientId: undefined, degraded: false, headers: {} };
  }

  /** Middleware for Express, Connect, or a server of Node's own. */
  expressMiddleware(): ConnectHandler {
    return connectHandler(this);
  }

  /** Adds the security scheme of keys to an OpenAPI document, once. */
  injectSwagger(document: object): void {
    injectSecurityScheme(document, this.headerName);
  }

  /** Waits until the server was told of everything, at most so long; whether it was. */
  async flush(timeoutMs: number = flushMs): Promise<boolean> {
    return this.#server?.flush(timeoutMs) ?? true;
  }

  /** Ends connections and timers; calls under way are answered as if the server were away. */
  close(): void {
    this.#server?.close();
  }

  #requireEngine(): KeyEngine {
    if (this.#engine) return this.#engine;
    throw new KeywardError(
      'CONFIG',
      'KEYWARD_SECRET is not set: without it keys can be neither signed nor checked here.',
    );
  }

  #missing(): string {
    return `The header '${this.headerName}' is required.`;
  }
}

/** What hears of incidents is called beside requests, where nobody would catch what it throws. */
function safely(hear: (incident: Incident) => void): (incident: Incident) => void {
  return (incident) => {
    try {
      hear(incident);
    } catch (cause) {
      runtime.warn(`keyward: onIncident threw ${cause instanceof Error ? cause.message : 'something'}`);
    }
  };
}
