import { describe, expect, it } from 'vitest';
import { Keyward } from '../src/keyward.ts';
import type { KeywardOptions } from '../src/options.ts';
import type { Incident } from '../src/server/incidents.ts';

/** X25519 has no such public key: everybody would come to the same secret with it. */
const lowOrder = `${'A'.repeat(43)}=`;
const goodKey = 'e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM=';

/** What becomes of a key that is good by itself, where every call ends as `fetch` says, and outages let through. */
async function validate(fetch: typeof globalThis.fetch, options: KeywardOptions = {}) {
  const incidents: Incident[] = [];
  const keyward = new Keyward({
    secret: 'a',
    serverKey: 'sk_live_a',
    projectEnv: 'a',
    baseUrl: 'https://keys.example.com',
    autoRegisterEndpoints: false,
    onIncident: (incident) => incidents.push(incident),
    fetch,
    ...options,
  });
  const key = new Keyward({ secret: 'a' }).create('acme');
  const validation = await keyward.validate({ key: await key, method: 'GET', path: '/' });
  return { validation, kinds: incidents.map(({ kind }) => kind) };
}

function answering(publicKey: string): typeof globalThis.fetch {
  const keys = [{ kid: 'k', alg: 'X25519-HKDF-SHA256-A256GCM', public_key: publicKey, not_after: null, current: true }];
  return async (input) =>
    String(input).endsWith('encryption-keys')
      ? Response.json({ keys, versions: ['2', '1'] })
      : Response.json({ error: 'INVALID_ENVELOPE' }, { status: 400 });
}

describe('fail-open is for outages, and lets nothing through', () => {
  it.each([
    ['what signs requests is no key', answering(goodKey), { privateKey: 'no PEM' }],
    ['nothing can be encrypted to the key that the server tells', answering(lowOrder), {}],
  ])('when %s', async (_, fetch, options) => {
    const { validation, kinds } = await validate(fetch, options);
    expect(validation).toMatchObject({ allowed: false, status: 503, code: 'UNAVAILABLE' });
    expect(kinds).toEqual(['server-refused']);
  });

  it('but an outage does, also one that comes between a call and the next key', async () => {
    const away: typeof globalThis.fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await validate(away)).toMatchObject({
      validation: { allowed: true, degraded: true },
      kinds: ['server-away'],
    });
    const answer = answering(goodKey);
    let calls = 0;
    const after: typeof globalThis.fetch = (...args) => (calls++ < 2 ? answer(...args) : away(...args));
    expect(await validate(after)).toMatchObject({ validation: { allowed: true }, kinds: ['server-away'] });
    expect(calls).toBe(3);
  });
});
