import type { Administration } from '@keyward/admin-api/administration';
import { createKey } from '@keyward/admin-api/keys/create-keys';
import { rewriteProjection } from '@keyward/admin-api/projection/rewrite-projection';
import { derivedClientId } from '@keyward/keyformat/derived-ids';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { readClientProjections, readEnvironmentProjection } from '@keyward/stores/postgres/projection-source';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administrationOn, callIn, createOneClient, newEnvironment } from './administration-under-test.ts';
import { decideCommand, keyRecord, openShards, type ShardsUnderTest, serverKeyRecord } from './shards-under-test.ts';

describeRedisBackends('rewriting the projection', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let shards: ShardsUnderTest;
  let administration: Administration;
  let environment: EnvironmentRow;

  beforeAll(async () => {
    opened = await openDatabase(freshPgliteUrl());
    db = opened.db;
    shards = await openShards(await backend.url());
    administration = await administrationOn({ db, store: shards.projection, clock: systemClock });
    await administration.projector.rebuild();
    ({ environment } = await newEnvironment(administration));
  });
  afterAll(async () => {
    await shards?.[Symbol.asyncDispose]();
    await opened?.[Symbol.asyncDispose]();
  });

  const rewrite = async () => {
    const lines: string[] = [];
    const { projector, clock } = administration;
    const report = (line: string) => void lines.push(line);
    await rewriteProjection({ db, store: shards.projection, projector, clock, report });
    return lines.join('\n');
  };
  const newClient = async () => {
    const { id: clientId } = await createOneClient(administration, environment, { name: 'c', keys: [{ name: 'k' }] });
    const [held] = await readClientProjections(db, environment.id, [clientId]);
    return { clientId, version: held?.client.version ?? 0, digest: held?.keys[0]?.digest ?? '' };
  };
  const newDigest = () => Buffer.from(newId().repeat(2)).subarray(0, 32).toString('base64url');
  const statusOf = async (digest: string) => (await shards.store.readKey(environment.id, digest)).record?.status;
  /** What becomes of a decision by somebody who holds the record of that version in memory. */
  const decideBy = async (clientId: string, clientVersion: number, environmentVersion: number) =>
    shards.store.decide(decideCommand({ environmentId: environment.id, clientId, clientVersion, environmentVersion }));

  it('retires keys that Postgres does not know, so that nobody goes on by what they hold; others live', async () => {
    const client = await newClient();
    const [ofClient, ofNobody] = [newDigest(), newDigest()];
    const stranger = keyRecord();
    const ahead = client.version + 60_000;
    const told = { scopes: ['all'], details: '{"name":"n","metadata":{}}' };
    await shards.projection.putKeys(environment.id, [
      { digest: ofClient, record: keyRecord({ clientId: client.clientId, version: ahead, ...told }) },
      { digest: ofNobody, record: stranger },
    ]);
    await shards.projection.putClientVersion(stranger.clientId, 1);
    expect(await rewrite()).toContain('Retired: 2 records that Postgres does not know.');
    expect([await statusOf(ofClient), await statusOf(ofNobody)]).toEqual(['deleted', 'deleted']);
    const retired = (await shards.store.readKey(environment.id, ofClient)).record;
    expect([retired?.scopes, retired?.details]).toEqual([[], undefined]);
    const environmentVersion = (await shards.store.readEnvironmentVersion(environment.id)) ?? 0;
    for (const [id, held] of [
      [client.clientId, ahead],
      [stranger.clientId, 1],
    ] as const)
      expect(await decideBy(id, held, environmentVersion)).toMatchObject({ kind: 'stale', subject: 'client' });
    const { record } = await shards.store.readKey(environment.id, client.digest);
    expect(record?.status).toBe('active');
    expect(await decideBy(client.clientId, record?.version ?? 0, environmentVersion)).toMatchObject({
      verdict: 'ALLOWED',
    });
    expect(await rewrite()).toContain('Retired: 0 records');
  });

  it('retires a key that is known in all of an organization, and lets the others of its client live', async () => {
    const input = { name: 'wide', reach: 'organization' } as const;
    const { body } = await createKey(administration, callIn(environment), { input, ifExists: undefined });
    const within = environment.organization_id;
    const [held] = await readClientProjections(db, environment.id, [body.clientId]);
    const known = held?.keys[0]?.digest ?? '';
    const record = keyRecord({ clientId: body.clientId, version: (held?.client.version ?? 0) + 60_000 });
    const lost = newDigest();
    await shards.projection.putKeys(within, [{ digest: lost, record }]);
    expect(await rewrite()).toContain('Retired: 1 records');
    const read = async (digest: string) => (await shards.store.readKey(environment.id, digest, [within])).record;
    expect((await read(lost))?.status).toBe('deleted');
    const environmentVersion = (await shards.store.readEnvironmentVersion(environment.id)) ?? 0;
    expect(await decideBy(body.clientId, (await read(known))?.version ?? 0, environmentVersion)).toMatchObject({
      verdict: 'ALLOWED',
    });
  });

  it('retires server keys that Postgres does not know, and keeps those it knows', async () => {
    const { environment: record, serverKeys } = (await readEnvironmentProjection(db, environment.id)) ?? {};
    const digest = newDigest();
    const strange = serverKeyRecord({ environmentId: environment.id, version: record?.version ?? 0 });
    await shards.projection.putServerKeys([{ digest, record: strange }]);
    expect(await rewrite()).toContain('Retired: 1 records');
    expect((await shards.store.readServerKey(digest)).record?.status).toBe('revoked');
    expect((await shards.store.readServerKey(serverKeys?.[0]?.digest ?? '')).record?.status).toBe('active');
    expect(await shards.store.readEnvironmentVersion(environment.id)).toBeGreaterThan(record?.version ?? 0);
  });

  it('retires clients and names that Postgres does not know, and keeps those it knows', async () => {
    const known = await newClient();
    const [clientId, digest] = [newId(), newDigest()];
    const ofNobody = { version: 1, clientId, status: 'active' as const, ips: [] };
    await shards.projection.putClient(environment.id, ofNobody);
    await shards.projection.putTenant(environment.id, digest, { version: 1, clientIds: [clientId] });
    expect(await rewrite()).toContain('Retired: 2 records');
    expect((await shards.store.readClient(environment.id, clientId)).record?.status).toBe('deleted');
    expect((await shards.store.readTenant(environment.id, digest)).record?.clientIds).toEqual([]);
    expect((await shards.store.readClient(environment.id, known.clientId)).record?.status).toBe('active');
    const derived = derivedClientId(Buffer.from(digest, 'base64url'));
    const environmentVersion = (await shards.store.readEnvironmentVersion(environment.id)) ?? 0;
    for (const id of [clientId, derived])
      expect(await decideBy(id, 1, environmentVersion)).toMatchObject({ kind: 'stale', subject: 'client' });
    expect(await rewrite()).toContain('Retired: 0 records');
  });

  it('writes over what looks newer, as after a restored backup of Postgres, but for what has ended by it', async () => {
    const [changed, ended] = [await newClient(), await newClient()];
    const putAhead = async ({ digest, version }: typeof changed, difference: object) => {
      const { record } = await shards.store.readKey(environment.id, digest);
      const ahead = { ...keyRecord(record), version: version + 5, ...difference };
      await shards.projection.putKeys(environment.id, [{ digest, record: ahead }]);
      return record?.keyId;
    };
    await putAhead(changed, { scopes: ['more'] });
    const endedId = await putAhead(ended, { status: 'revoked' });
    await administration.projector.rebuild();
    const scopesOf = async (digest: string) => (await shards.store.readKey(environment.id, digest)).record?.scopes;
    expect(await scopesOf(changed.digest)).toEqual(['more']);
    const told = await rewrite();
    expect(told).toContain(`Ended again: key ${endedId} of environment ${environment.id} is revoked.`);
    expect(await scopesOf(changed.digest)).toEqual([]);
    expect([await statusOf(changed.digest), await statusOf(ended.digest)]).toEqual(['active', 'revoked']);
    expect(await rewrite()).toContain('Ended again: 0 in all');
  });
});
