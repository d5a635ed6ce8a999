import { readBaseUrl } from './base-url.ts';
import { KeywardError } from './keyward-error.ts';
import type { Incident } from './server/incidents.ts';
import { type Environment, variable } from './variable.ts';

export interface KeywardOptions {
  /** What keys are signed with, and checked by. Several: the first signs, all are taken. `KEYWARD_SECRET`. */
  secret?: string | undefined;
  secrets?: readonly string[] | undefined;
  /** Server mode needs these three. `KEYWARD_SERVER_KEY` (`sk_live_…`), `KEYWARD_PROJECT_ENV`, `KEYWARD_BASE_URL`. */
  serverKey?: string | undefined;
  projectEnv?: string | undefined;
  /** Where Keyward's gateway is: `https://keys.example.com`, with or without `/api/v1`. */
  baseUrl?: string | undefined;
  /**
   * Pins the server's key for envelopes: its public key (standard base64, 44 characters), or the fingerprint of it (64 hex
   * characters); several while it is being rotated. Without a pin the key that the server tells over TLS is taken. `KEYWARD_SERVER_PUBLIC_KEY`.
   */
  serverPublicKey?: string | readonly string[] | undefined;
  /** PEM; signs each validation where the environment has its public half. `KEYWARD_PRIVATE_KEY`. */
  privateKey?: string | undefined;
  /** The header that holds the key, in any letter case; `x-api-key` unless it is said. `Authorization: Bearer` is read, too. */
  headerName?: string | undefined;
  /** How long new keys live; `90d` unless it is said, null for ever. */
  defaultExpiresIn?: string | null | undefined;
  /** While the server cannot be reached, a key that is good by itself is let through. true unless it is said. */
  failOpen?: boolean | undefined;
  /** For the whole call to the server, ms; 3,000 unless it is said. */
  serverTimeout?: number | undefined;
  /** Adapters let these paths, or this one, through without a key: `/health`, `/ready`, `/livez`, `/readyz`, `/metrics` unless they are said. */
  excludePaths?: Iterable<string> | undefined;
  /** Tells the server of endpoints that are called for the first time. true unless it is said. */
  autoRegisterEndpoints?: boolean | undefined;
  /** Tells the server of keys that are created here, and whose they are. true unless it is said. */
  autoCreateClients?: boolean | undefined;
  /** How many connections to the server are open at most; 64 unless it is said. */
  maxSockets?: number | undefined;
  /** Certificates (PEM) of authorities that are trusted instead of the runtime's, where the server's is of one's own. */
  ca?: string | undefined;
  /** Instead of connections of its own: what calls the server, for a runtime or a proxy that needs it. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Hears what goes wrong beside requests; a line on stderr, at most one a minute of each kind, unless it is said. */
  onIncident?: ((incident: Incident) => void) | undefined;
}

/** What server mode needs, complete. */
export interface ServerOptions {
  serverKey: string;
  projectEnv: string;
  baseUrl: URL;
  pins: readonly string[];
  privateKey: string | undefined;
  timeoutMs: number;
  maxSockets: number;
  ca: string | undefined;
  fetch: typeof globalThis.fetch | undefined;
}

/** Options and environment, put together and checked. */
export interface Settings {
  secrets: readonly string[];
  /** undefined: local mode. */
  server: ServerOptions | undefined;
  /** In lower case. */
  headerName: string;
  defaultExpiresIn: string | null;
  failOpen: boolean;
  excludePaths: ReadonlySet<string>;
  autoRegisterEndpoints: boolean;
  autoCreateClients: boolean;
}

const healthPaths = ['/health', '/ready', '/livez', '/readyz', '/metrics'];
const headerShape = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fingerprintShape = /^[0-9a-f]{64}$/i;
const publicKeyShape = /^[A-Za-z0-9+/]{43}=$/;

/** Options first, then `KEYWARD_*`, then `APIKEE_*`. Throws `CONFIG` with what is missing or wrong, by name and never by value. */
export function readSettings(options: KeywardOptions, environment: Environment): Settings {
  const server = readServer(options, environment);
  const secrets = readSecrets(options, environment);
  if (secrets.length === 0 && !server)
    throw new KeywardError(
      'CONFIG',
      'KEYWARD_SECRET is not set. Generate one with `openssl rand -hex 32`, then set it, or pass { secret }. For server mode set KEYWARD_SERVER_KEY, KEYWARD_PROJECT_ENV and KEYWARD_BASE_URL.',
    );
  const { headerName = 'x-api-key', excludePaths = healthPaths, defaultExpiresIn = '90d', failOpen = true } = options;
  if (!headerShape.test(headerName)) throw new KeywardError('CONFIG', 'headerName is not the name of a header.');
  // 'false' of an environment would be true.
  if (typeof failOpen !== 'boolean') throw new KeywardError('CONFIG', 'failOpen is neither true nor false.');
  return {
    secrets,
    server,
    headerName: headerName.toLowerCase(),
    defaultExpiresIn,
    failOpen,
    // A text is iterable, too, by its characters, of which `/` is one.
    excludePaths: new Set(typeof excludePaths === 'string' ? [excludePaths] : excludePaths),
    autoRegisterEndpoints: options.autoRegisterEndpoints ?? true,
    autoCreateClients: options.autoCreateClients ?? true,
  };
}

function readSecrets({ secret, secrets }: KeywardOptions, environment: Environment): readonly string[] {
  // The published package took `secrets: []` for none.
  const given = secrets?.length ? secrets : [secret ?? variable(environment, 'SECRET', 'LOCAL_SECRET')];
  return given.filter((each): each is string => each !== undefined && each !== '');
}

function readServer(options: KeywardOptions, environment: Environment): ServerOptions | undefined {
  const serverKey = options.serverKey ?? variable(environment, 'SERVER_KEY');
  if (serverKey === undefined) return undefined;
  const projectEnv = options.projectEnv ?? variable(environment, 'PROJECT_ENV');
  const baseUrl = options.baseUrl ?? variable(environment, 'BASE_URL');
  const faults: string[] = [];
  if (!projectEnv) faults.push('KEYWARD_PROJECT_ENV (projectEnv) is missing');
  if (baseUrl === undefined) faults.push('KEYWARD_BASE_URL (baseUrl) is missing');
  const url = baseUrl === undefined ? undefined : readBaseUrl(baseUrl);
  if (baseUrl !== undefined && !url) faults.push('KEYWARD_BASE_URL (baseUrl) is no http or https URL');
  const timeoutMs = options.serverTimeout ?? 3_000;
  if (!(timeoutMs > 0 && timeoutMs <= 600_000)) faults.push('serverTimeout is not between 1 and 600,000 ms');
  const { maxSockets = 64, ca, fetch } = options;
  // With none every call would wait for one, and that is taken for an outage.
  if (!Number.isInteger(maxSockets) || maxSockets < 1) faults.push('maxSockets is no integer from 1 on');
  if (ca !== undefined && fetch)
    faults.push('ca is of no use with fetch, which trusts whom it is told to by other means');
  const pins = readPins(options.serverPublicKey ?? variable(environment, 'SERVER_PUBLIC_KEY')?.split(','));
  if (!pins.every(isPin))
    faults.push('KEYWARD_SERVER_PUBLIC_KEY (serverPublicKey) is neither a public key nor a fingerprint');
  if (!/^[\x21-\x7e]+$/.test(serverKey)) faults.push('KEYWARD_SERVER_KEY (serverKey) holds characters that no key has');
  if (faults.length > 0 || !url || projectEnv === undefined)
    throw new KeywardError('CONFIG', `Server mode cannot start: ${faults.join('; ')}.`);
  const privateKey = options.privateKey ?? variable(environment, 'PRIVATE_KEY');
  return { serverKey, projectEnv, baseUrl: url, pins, privateKey, timeoutMs, maxSockets, ca, fetch };
}

function readPins(given: string | readonly string[] | undefined): readonly string[] {
  if (given === undefined) return [];
  return (typeof given === 'string' ? [given] : given).map((pin) => pin.trim()).filter((pin) => pin !== '');
}

function isPin(pin: string): boolean {
  return fingerprintShape.test(pin) || publicKeyShape.test(pin);
}
