import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../expect-done.ts';
import type { TestEnvironment } from '../prepare-installation.ts';
import { call } from '../wire-client.ts';

/** Where the load's calls come from. */
export const loadAddress = '198.51.100.7';
const elsewhere = '203.0.113.7';

export interface LoadClient {
  id: string;
  /** Raw keys, of which each comes to a verdict of its own. */
  keys: readonly string[];
}

const keys = [
  { name: 'good' },
  { name: 'limited', rateLimit: { requests: 20, window: 'hour' } },
  { name: 'elsewhere', allowedIps: [elsewhere] },
  { name: 'revoked' },
];

/** Clients whose calls are ALLOWED, RATE_LIMITED, IP_NOT_ALLOWED and REVOKED, in turn. */
export async function createLoadClients(environment: TestEnvironment, count: number): Promise<LoadClient[]> {
  const body = Array.from({ length: count }, () => ({ name: uniqueName('loaded'), keys }));
  const made: { id: string; keys: { id: string; name: string; key: string }[] }[] = expectDone(
    await call(environment, 'POST', '/client', { body }),
  );
  for (const client of made) {
    const revoked = client.keys.find(({ name }) => name === 'revoked');
    expectDone(await call(environment, 'DELETE', `/client/${client.id}?keyId=${revoked?.id}`));
  }
  return made.map((client) => ({ id: client.id, keys: client.keys.map(({ key }) => key) }));
}
