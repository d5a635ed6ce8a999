import { aboutTheApplication } from '../about-the-application.ts';
import type { RequestFacts } from '../validation.ts';
import type { EndpointLine } from './endpoint-lines.ts';
import { ServerAway, ServerRefused } from './server-failure.ts';
import type { ServerAnswer, ServerLink } from './server-link.ts';

/** The record of a key that was let through, as the server knows it. */
export interface KnownKey {
  id: string;
  name: string | null;
  scopes: string[];
  metadata: Record<string, unknown>;
  expiresAt: string | null;
}

/** What the server decides (wire.md §5). */
export type ServerVerdict = { clientId: string; headers: Readonly<Record<string, string>> } & (
  | { success: true; degraded: boolean; key: KnownKey | undefined }
  | {
      success: false;
      status: number;
      code: string;
      message: string;
      expiredAt: string | undefined;
      retryAfterSeconds: number | undefined;
      window: string | undefined;
      subject: string | undefined;
    }
);

const passedOn = ['ratelimit', 'ratelimit-policy', 'retry-after'] as const;

/** Asks whether a request with this key may go on. The server finds the client by the key. */
export async function askServer(
  link: ServerLink,
  { facts, key, line }: { facts: RequestFacts; key: string; line: EndpointLine },
): Promise<ServerVerdict> {
  const { path, signed } = line;
  const text = JSON.stringify({
    headers: headersOf(facts, key),
    remoteAddress: withoutZone(facts.remoteAddress),
    cost: facts.cost,
    tellKey: true,
  });
  return verdictOf(await link.post({ path, text, signed }));
}

/** As a bearer token the key is read in every environment, whatever header its own applications take it from. */
function headersOf({ headers = {} }: RequestFacts, key: string): Record<string, unknown> {
  return {
    authorization: `Bearer ${key}`,
    'x-forwarded-for': headers['x-forwarded-for'],
    'x-real-ip': headers['x-real-ip'],
    'user-agent': headers['user-agent'],
  };
}

function verdictOf({ json, headers: told }: ServerAnswer): ServerVerdict {
  const { success, clientId, degraded, key, status, code, message } = json;
  const headers: Record<string, string> = {};
  for (const name of passedOn) {
    const value = told[name];
    if (value !== undefined) headers[name] = value;
  }
  const common = { clientId: String(clientId), headers };
  if (success === true) return { ...common, success, degraded: degraded === true, key: keyOf(key) };
  // Every envelope of ours is new: the server has received it twice because its first answer was lost.
  if (code === 'REPLAYED') throw new ServerAway('an answer of the server was lost');
  if (aboutTheApplication.has(code))
    throw new ServerRefused(`the server does not take what it is asked (${String(code)}: ${String(message)})`);
  if (success !== false || typeof status !== 'number' || typeof code !== 'string')
    throw new ServerAway('what the server answers is no verdict');
  return {
    ...common,
    success,
    status,
    code,
    message: typeof message === 'string' ? message : code,
    expiredAt: textOf(json.expiredAt),
    retryAfterSeconds: typeof json.retryAfterSeconds === 'number' ? json.retryAfterSeconds : undefined,
    window: textOf(json.window),
    subject: textOf(json.subject),
  };
}

function keyOf(told: unknown): KnownKey | undefined {
  return typeof told === 'object' && told !== null && 'scopes' in told ? (told as KnownKey) : undefined; // as wire.md says, under a seal
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** `fe80::1%eth0` names an interface of this machine, which says nothing elsewhere. */
function withoutZone(address: string | undefined): string | undefined {
  const zone = address?.indexOf('%') ?? -1;
  return zone < 0 ? address : address?.slice(0, zone);
}
