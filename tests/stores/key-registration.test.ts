import type { Administration } from '@keyward/admin-api/administration';
import { changeClient } from '@keyward/admin-api/clients/change-client';
import { readClient } from '@keyward/admin-api/clients/read-clients';
import { removeClient, revokeKey } from '@keyward/admin-api/clients/remove-client';
import { changeSettings } from '@keyward/admin-api/projects/settings';
import { addSigningSecret, removeSigningSecret } from '@keyward/admin-api/projects/signing-secrets';
import { createTemplate } from '@keyward/admin-api/projects/templates';
import { registerSightedKeys } from '@keyward/admin-api/registration/register-sighted-keys';
import type { SignedKeyFacts } from '@keyward/contract/validation-event';
import { derivedClientId, derivedKeyId } from '@keyward/keyformat/derived-ids';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { listSigningSecrets } from '@keyward/stores/postgres/signing-secrets';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { administrationOn, callIn, createOneClient, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger } from './sample-events.ts';
import { decideCommand, openShards, type ShardsUnderTest } from './shards-under-test.ts';

const dayMs = 86_400_000;

interface Sighted {
  tenant?: string;
  clientId?: string;
  name?: string | null;
  facts?: Partial<SignedKeyFacts>;
}

describePostgresBackends('registration of locally signed keys', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let shards: ShardsUnderTest;
  let administration: Administration;
  let environment: EnvironmentRow;

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    shards = await openShards(`memory:${newId()}`);
    administration = await administrationOn({ db, store: shards.projection, clock: systemClock });
    await administration.projector.rebuild();
  });
  beforeEach(async () => {
    await db.deleteFrom('key_sighting').execute();
    ({ environment } = await newEnvironment(administration));
  });
  afterAll(async () => {
    await shards?.[Symbol.asyncDispose]();
    await opened?.[Symbol.asyncDispose]();
  });

  const derivedFrom = (tenant: string) => derivedClientId(tenantDigest(environment.id, tenant));
  const register = (maxPerClient = 1_000) => registerSightedKeys({ administration, logger, maxPerClient });

  /** What ingest writes when it sees a key for the first time. */
  async function sight({ tenant = uniqueName('tenant'), clientId, name = 'default', facts = {} }: Sighted = {}) {
    const digest = Buffer.from(newId().repeat(2)).subarray(0, 32);
    const text = digest.toString('base64url');
    const told = { digest: text, tenant, claimedId: uniqueName('k'), scopes: ['read'], ...facts };
    const keyId = derivedKeyId(environment.id, text);
    const row = {
      environment_id: environment.id,
      digest,
      client_id: clientId ?? derivedFrom(told.tenant),
      key_id: keyId,
      name,
      facts: JSON.stringify(told),
      seen_at: new Date(),
    };
    await db.insertInto('key_sighting').values(row).execute();
    return { clientId: row.client_id, keyId, digest: text, facts: told };
  }

  const view = (clientId: string) => readClient(administration, environment, clientId);
  const isListed = async ({ clientId, keyId }: { clientId: string; keyId: string }) =>
    (await view(clientId).catch(() => undefined))?.keys.some(({ id }) => id === keyId) ?? false;
  const recordOf = async ({ digest }: { digest: string }) =>
    (await shards.store.readKey(environment.id, digest)).record;
  const environmentVersion = async () => (await shards.store.readEnvironmentVersion(environment.id)) ?? 0;
  const waiting = async () =>
    (await db.selectFrom('key_sighting').select(['attempts']).execute()).map(({ attempts }) => attempts);
  const make = async (name: string) => {
    return (await createOneClient(administration, environment, { name })).id;
  };
  /** A decision by a validator that holds the client at this version. */
  const decideBy = async (clientId: string, clientVersion: number) =>
    await shards.store.decide(
      decideCommand({
        ...{ environmentId: environment.id, clientId, clientVersion },
        environmentVersion: await environmentVersion(),
        clientLimits: { day: 5 },
      }),
    );

  it('makes the client that validators derived, and lists the key with what it states', async () => {
    const expiresAtMs = Date.now() + dayMs;
    const sighted = await sight({ facts: { scopes: ['read', 'write'], expiresAtMs, notBeforeMs: 1_000 } });
    expect(await register()).toBe('done');
    const client = await view(sighted.clientId);
    expect(client).toMatchObject({ id: sighted.clientId, name: sighted.facts.tenant, source: { kind: 'sdk' } });
    expect(client.keys).toMatchObject([
      {
        id: sighted.keyId,
        name: 'default',
        status: 'active',
        scopes: ['read', 'write'],
        expiresAt: new Date(expiresAtMs).toISOString(),
        notBefore: new Date(1_000).toISOString(),
        metadata: { claimedId: sighted.facts.claimedId },
      },
    ]);
    expect(await recordOf(sighted)).toMatchObject({ keyId: sighted.keyId, clientId: sighted.clientId, expiresAtMs });
    expect(await waiting()).toEqual([]);
  });

  it('is heard of by whoever held the key as signed, and what the client used before still counts', async () => {
    const sighted = await sight();
    for (let used = 0; used < 3; used += 1)
      expect(await decideBy(sighted.clientId, 0)).toMatchObject({ verdict: 'ALLOWED' });
    const before = await environmentVersion();
    await register();
    expect(await decideBy(sighted.clientId, 0)).toMatchObject({ kind: 'stale' });
    expect(await environmentVersion()).toBeGreaterThan(before);
    const version = (await recordOf(sighted))?.version ?? 0;
    expect(await decideBy(sighted.clientId, version)).toMatchObject({ limits: [{ remaining: 1 }] });
    await administration.projector.rebuild();
    expect(await decideBy(sighted.clientId, version - 1)).toMatchObject({ kind: 'stale' });
  });

  it('raises the environment’s version once for all keys, and not at all for none', async () => {
    const tenant = uniqueName('tenant');
    const sighted = await Promise.all([1, 2, 3].map(() => sight({ tenant })));
    const before = (await db.selectFrom('environment').select('version').where('id', '=', environment.id).execute())[0];
    const now = new Date((before?.version ?? 0) + 1_000);
    await db.updateTable('environment').set({ version: now.getTime() }).where('id', '=', environment.id).execute();
    await register();
    expect(await Promise.all(sighted.map(isListed))).toEqual([true, true, true]);
    expect(await environmentVersion()).toBe(now.getTime() + 1);
    await register();
    expect(await environmentVersion()).toBe(now.getTime() + 1);
  });

  it('lists it under the client that its event named, also when that was renamed or is not alone any more', async () => {
    const [named, byUrl] = [uniqueName('named'), uniqueName('url')];
    const clientId = await make(named);
    const ofName = await sight({ tenant: named, clientId });
    const ofUrl = await sight({ clientId, tenant: byUrl });
    await changeClient(administration, callIn(environment), { clientId, change: { name: uniqueName('renamed') } });
    await make(named);
    await register();
    expect([await isListed(ofName), await isListed(ofUrl)]).toEqual([true, true]);
    expect(await recordOf(ofUrl)).toMatchObject({ clientId });
  });

  it('leaves a client dead that was deleted, and lets go of a name that somebody else has got', async () => {
    const gone = uniqueName('gone');
    const clientId = await make(gone);
    const ofDeleted = await sight({ tenant: gone, clientId });
    const laterSeen = { tenant: gone, clientId };
    await removeClient(administration, callIn(environment), clientId);
    expect(await waiting()).toEqual([]);
    const inFlight = [await sight(laterSeen), await sight({ tenant: gone })];
    const taken = await sight();
    const owner = await make(taken.facts.tenant);
    await register();
    for (const each of [ofDeleted, ...inFlight, taken]) expect(await isListed(each)).toBe(false);
    expect(await waiting()).toEqual([]);
    expect((await view(owner)).keys).toEqual([]);
  });

  it('leaves a key dead that was deleted with its client, whoever has the name', async () => {
    const first = await sight();
    await register();
    await removeClient(administration, callIn(environment), first.clientId);
    const { version = 0 } = (await recordOf(first)) ?? {};
    expect(await recordOf(first)).toMatchObject({ status: 'deleted' });
    const erasures = await db.selectFrom('erasure').select('client_id').execute();
    expect(erasures.map(({ client_id }) => client_id)).toContain(first.clientId);
    const clientId = await make(first.facts.tenant);
    const row = { environment_id: environment.id, digest: Buffer.from(first.digest, 'base64url'), client_id: clientId };
    const facts = JSON.stringify(first.facts);
    await db
      .insertInto('key_sighting')
      .values({ ...row, key_id: first.keyId, name: null, facts, seen_at: new Date() })
      .execute();
    await register();
    expect((await view(clientId)).keys).toEqual([]);
    expect(await recordOf(first)).toMatchObject({ status: 'deleted' });
    expect(await decideBy(first.clientId, version)).toMatchObject({ kind: 'decided' });
  });

  it('never makes anew the client of a name that it had before', async () => {
    const { clientId, facts } = await sight();
    await register();
    await changeClient(administration, callIn(environment), { clientId, change: { name: uniqueName('renamed') } });
    const again = await sight({ tenant: facts.tenant });
    await register();
    expect(await isListed(again)).toBe(true);
    await removeClient(administration, callIn(environment), clientId);
    await sight({ tenant: facts.tenant });
    await register();
    await expect(view(clientId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can be revoked like any other', async () => {
    const sighted = await sight();
    await register();
    const held = (await recordOf(sighted))?.version ?? 0;
    await revokeKey(administration, callIn(environment), sighted);
    expect(await recordOf(sighted)).toMatchObject({ status: 'revoked' });
    expect(await decideBy(sighted.clientId, held)).toMatchObject({ kind: 'stale' });
  });

  it('does nothing for a key that is registered, has expired, or that the environment refuses by now', async () => {
    const tenant = uniqueName('tenant');
    const expired = await sight({ tenant, facts: { expiresAtMs: Date.now() - 1 } });
    await register();
    expect(await isListed(expired)).toBe(false);
    const registered = await sight({ tenant });
    await register();
    const before = await environmentVersion();
    const { digest, facts, ...ids } = registered;
    await db
      .insertInto('key_sighting')
      .values({
        ...{ environment_id: environment.id, digest: Buffer.from(digest, 'base64url'), name: 'again' },
        ...{ client_id: ids.clientId, key_id: ids.keyId, facts: JSON.stringify(facts), seen_at: new Date() },
      })
      .execute();
    await register();
    expect([(await view(ids.clientId)).keys.length, await environmentVersion()]).toEqual([1, before]);
    await changeSettings(administration, callIn(environment), { locallySignedKeys: 'refuse' });
    const refused = await sight({ tenant });
    await register();
    expect(await isListed(refused)).toBe(false);
    expect(await waiting()).toEqual([]);
  });

  it('stops at a client’s share, and gives up what nobody can register, without holding up others', async () => {
    const tenant = uniqueName('tenant');
    for (let key = 0; key < 3; key += 1) await sight({ tenant });
    await register(2);
    expect((await view(derivedFrom(tenant))).keys).toHaveLength(2);
    const bad = [
      await sight({ facts: { tenant: 'x'.repeat(201) } }),
      await sight({ facts: { tenant: '' } }),
      await sight({ facts: { digest: 'of another key' } }),
    ];
    const good = await sight();
    await register(2);
    expect(await Promise.all([...bad, good].map(isListed))).toEqual([false, false, false, true]);
    expect(await waiting()).toEqual([5, 5, 5, 5]);
  });

  it('tries a key apart from others when Postgres refuses it, and gives it up in the end', async () => {
    const [other] = [await sight(), await register()];
    const stuck = await sight();
    await db.updateTable('api_key').set({ id: stuck.keyId }).where('id', '=', other.keyId).execute();
    const good = await Promise.all(Array.from({ length: 5 }, () => sight()));
    await register();
    expect(await Promise.all(good.map(isListed))).toEqual(good.map(() => true));
    expect(await waiting()).toEqual([1]);
    for (let attempt = 0; attempt < 6; attempt += 1) await register();
    expect(await waiting()).toEqual([5]);
    await db
      .updateTable('key_sighting')
      .set({ seen_at: new Date(0) } as never)
      .execute();
    await register();
    expect(await waiting()).toEqual([]);
  });

  it('takes every key once when several processes register at the same time', async () => {
    const tenants = [uniqueName('a'), uniqueName('b')];
    const sighted = await Promise.all(Array.from({ length: 20 }, (_, i) => sight({ tenant: tenants[i % 2] ?? '' })));
    const rounds = await Promise.all([register(), register(), register()]);
    expect(rounds).toEqual(['done', 'done', 'done']);
    expect(await Promise.all(sighted.map(isListed))).toEqual(sighted.map(() => true));
    expect(await waiting()).toEqual([]);
  });

  it('keeps the longest names and the latest ends that a key can state', async () => {
    const name = '\u{1F511}'.repeat(200);
    const facts = { tenant: `${uniqueName('t')}${'\u00e9'.repeat(150)}`, expiresAtMs: 8_640_000_000_000_000 };
    const sighted = await sight({ name: `${name}${name}`, facts });
    await register();
    const [key] = (await view(sighted.clientId)).keys;
    expect(key).toMatchObject({ name, expiresAt: '9999-12-31T23:59:59.999Z' });
  });

  it('leaves out what a secret has signed that was deleted since', async () => {
    const [first] = await listSigningSecrets(db, environment.id);
    const call = callIn(environment);
    const { body: next } = await addSigningSecret(administration, call, { name: 'next', first: true });
    const signedBy = (secretId: string | undefined) => sight({ facts: secretId === undefined ? {} : { secretId } });
    const waitingBefore = await signedBy(first?.id);
    const unsaid = await signedBy(undefined);
    await removeSigningSecret(administration, call, { id: first?.id ?? '' });
    expect(await waiting()).toEqual([]);
    const late = await signedBy(first?.id);
    const own = await signedBy(next.id);
    await register();
    const listed = await Promise.all([waitingBefore, unsaid, late, own].map(isListed));
    expect(listed).toEqual([false, false, false, true]);
    expect(await waiting()).toEqual([]);
  });

  it('registers no client where the template for new ones is full, and others beside it', async () => {
    const call = callIn(environment);
    const { body: template } = await createTemplate(administration, call, { name: 'default', maxClients: 1 });
    await changeSettings(administration, call, { defaultTemplateId: template.id });
    const [one, two] = [await sight(), await sight()];
    const known = uniqueName('known');
    const beside = await sight({ tenant: known, clientId: await make(known) });
    await register();
    const listed = await Promise.all([one, two, beside].map(isListed));
    expect(listed.filter(Boolean)).toHaveLength(2);
    expect(listed[2]).toBe(true);
    expect(await waiting()).toEqual([5]);
  });
});
