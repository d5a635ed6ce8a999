import { registerEndpoint } from '@keyward/admin-api/endpoints/register-endpoint';
import { validation } from '@keyward/contract/pipeline-event';
import type { EnvironmentSettings } from '@keyward/contract/settings';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import type { SignedKeyFacts, ValidationEvent } from '@keyward/contract/validation-event';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { UsageCounts } from '@keyward/stores/usage-counts';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { describe, expect, it } from 'vitest';
import { administrationOn, callIn, newEnvironment } from './administration-under-test.ts';
import { idAt } from './sample-events.ts';
import { WriterUnderTest } from './writer-under-test.ts';

const never = new Date('2026-01-01');

describePostgresBackends('registration from events', (backend) => {
  const stage = new WriterUnderTest(backend);
  const write = (...events: ValidationEvent[]) => stage.newWriter().write(stage.batch(events.map(validation)));

  describe('of endpoints', () => {
    const endpointsOf = async (environmentId: string) => {
      const rows = await stage.db
        .selectFrom('endpoint')
        .selectAll()
        .where('environment_id', '=', environmentId)
        .execute();
      return rows.map(({ name }) => name).toSorted();
    };

    it('gives the row that an SDK would register, and none for what was refused', async () => {
      const store = new MemoryProjectionStore(new MemoryShards(stage.clock));
      const administration = await administrationOn({ db: stage.db, store, clock: stage.clock });
      const { environment } = await newEnvironment(administration);
      const twin = await insertEnvironment(stage.db);
      await registerEndpoint(administration, callIn(environment), { method: 'get', path: '/users/7/' });
      await write(
        stage.event({ environmentId: twin.id, methodPath: 'get:/users/7/' }),
        stage.event({ environmentId: twin.id, methodPath: 'GET:/refused', verdict: 'EXPIRED' }),
      );
      const row = (environmentId: string) =>
        stage.db
          .selectFrom('endpoint')
          .select(['method', 'path', 'name', 'description', 'enabled', 'required_scopes', 'metadata'])
          .where('environment_id', '=', environmentId)
          .execute();
      expect(await row(twin.id)).toEqual(await row(environment.id));
    });

    it('adds none that is there under another spelling of its parameters', async () => {
      const cases: [Partial<EnvironmentSettings>, string, string][] = [
        [{}, '/users/{userId}', 'GET:/users/7'],
        [{ endpointIds: 'keep' }, '/users/{userId}', 'GET:/users/7'],
        [{ endpointCase: 'fold' }, '/Users', 'GET:/users'],
      ];
      for (const [settings, path, endpoint] of cases) {
        const { id: environmentId, organizationId } = await insertEnvironment(stage.db, settings);
        const place = { id: newId(), organization_id: organizationId, environment_id: environmentId };
        const facts = { method: 'GET', path, name: path, metadata: '{}', created_at: never, updated_at: never };
        await stage.db
          .insertInto('endpoint')
          .values({ ...place, ...facts })
          .execute();
        const own = settings.endpointIds || settings.endpointCase ? { endpoint } : {};
        await write(stage.event({ environmentId, methodPath: endpoint, ...own }));
        expect(await endpointsOf(environmentId)).toEqual([path]);
      }
    });

    it('adds none where unknown endpoints are refused, and none to an environment that is gone', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db, { unknownEndpoints: 'refuse' });
      await write(stage.event({ environmentId }), stage.event());
      expect(await endpointsOf(environmentId)).toEqual([]);
    });

    it('never fills an environment beyond its bound, however many come at once', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const writers = [0, 1, 2].map((partition) => ({ partition, writer: stage.newWriter({ maxEndpoints: 5 }) }));
      const events = (name: number) =>
        Array.from({ length: 4 }, (_, i) => stage.event({ environmentId, methodPath: `GET:/of-${name}/at-${i}` }));
      const writes = writers.map(({ writer, partition }) =>
        writer.write({ ...stage.batch(events(partition).map(validation)), partition }),
      );
      await Promise.all(writes);
      expect(await endpointsOf(environmentId)).toHaveLength(5);
    });

    it('knows those that summaries tell of, too', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const counts = new UsageCounts();
      counts.add(stage.event({ environmentId, methodPath: 'POST:/orders' }));
      counts.add(stage.event({ environmentId, methodPath: 'POST:/refused', verdict: 'EXPIRED' }));
      const data = { id: idAt(stage.nowMs), events: 2, counts: counts.sorted() };
      await stage.newWriter().write(stage.batch([{ type: usageSummaryType, data }]));
      expect(await endpointsOf(environmentId)).toEqual(['POST /orders']);
    });

    it('counts what is registered by its endpoint, and all else as one; the logs show what was asked', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const writer = stage.newWriter({ maxEndpoints: 1 });
      const event = (path: string, verdict = 'ALLOWED') =>
        validation(stage.event({ environmentId, methodPath: `GET:${path}`, verdict }));
      await writer.write(stage.batch([event('/a', 'EXPIRED')]));
      await writer.write(stage.batch([event('/a'), event('/b'), event('/c'), event('/d', 'EXPIRED')]));
      await writer.write(stage.batch([event('/a', 'EXPIRED'), event('/b')]));
      const counted = await stage.db
        .selectFrom('usage_hour')
        .select(['endpoint', 'verdict', 'count'])
        .where('environment_id', '=', environmentId)
        .execute();
      const sums = new Map<string, number>();
      for (const { endpoint, verdict, count } of counted)
        sums.set(`${endpoint} ${verdict}`, (sums.get(`${endpoint} ${verdict}`) ?? 0) + count);
      expect(Object.fromEntries(sums)).toEqual({
        ...{ 'GET:/a ALLOWED': 1, 'GET:/a EXPIRED': 1 },
        ...{ '* ALLOWED': 3, '* EXPIRED': 2 },
      });
      const lines = await stage.db
        .selectFrom('request_log')
        .select('endpoint')
        .where('environment_id', '=', environmentId)
        .execute();
      expect(new Set(lines.map(({ endpoint }) => endpoint))).toEqual(
        new Set(['/a', '/b', '/c', '/d'].map((path) => `GET:${path}`)),
      );
    });

    it('finds room that somebody made, after a while', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const writer = stage.newWriter({ maxEndpoints: 1 });
      const asked = (path: string) =>
        writer.write(stage.batch([validation(stage.event({ environmentId, methodPath: `GET:${path}` }))]));
      await asked('/a');
      await asked('/b');
      await stage.db.deleteFrom('endpoint').where('environment_id', '=', environmentId).execute();
      stage.nowMs += 11_000;
      await asked('/b');
      expect(await endpointsOf(environmentId)).toEqual(['GET /b']);
    });

    it('counts an event whose path is none', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const event = stage.event({ environmentId, methodPath: `GET:/${'x'.repeat(3_000)}` });
      expect(await write(event, stage.event({ environmentId, methodPath: 'nonsense' }))).toMatchObject({ counted: 2 });
      expect(await endpointsOf(environmentId)).toEqual([]);
    });
  });

  describe('of signed keys', () => {
    let digests = 1;
    const signedKey = (): SignedKeyFacts => ({
      digest: Buffer.alloc(32, digests++).toString('base64url'),
      tenant: `tenant ${digests}`,
      claimedId: newId(),
      scopes: ['read'],
    });
    const sightingsOf = (environmentId: string) =>
      stage.db.selectFrom('key_sighting').selectAll().where('environment_id', '=', environmentId).execute();

    async function environmentWithClient(name: string) {
      const { id: environmentId, organizationId } = await insertEnvironment(stage.db);
      const owner = { environmentId, organizationId, clientId: newId() };
      await insertClient(owner, name);
      return owner;
    }

    async function insertClient(
      { environmentId, organizationId, clientId }: { environmentId: string; organizationId: string; clientId: string },
      name: string,
    ) {
      const client = {
        id: clientId,
        organization_id: organizationId,
        environment_id: environmentId,
        name,
        tenant: tenantDigest(environmentId, name),
        type: 'service' as const,
        status: 'active' as const,
        source: 'sdk' as const,
        ip_whitelist: [],
        metadata: '{}',
        version: 1,
        created_at: never,
        updated_at: never,
      };
      await stage.db.insertInto('client').values(client).execute();
    }

    async function insertKey(
      { environmentId, organizationId, clientId }: Awaited<ReturnType<typeof environmentWithClient>>,
      digest: string,
    ): Promise<string> {
      const id = newId();
      const owner = { organization_id: organizationId, environment_id: environmentId, client_id: clientId };
      const shown = { name: 'k', prefix: 'apikee', key_prefix: 'apikee_', status: 'active' as const };
      const rules = { scopes: [], allowed_ips: [], metadata: '{}', auto_rotate: false, claimed_expires_at: null };
      const times = { created_at: never, updated_at: never };
      await stage.db
        .insertInto('api_key')
        .values({ id, digest: Buffer.from(digest, 'base64url'), ...owner, ...shown, ...rules, ...times })
        .execute();
      return id;
    }

    it('notes a key that nobody registered once, when it was admitted', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const [seen, refused] = [signedKey(), signedKey()];
      const event = stage.event({ environmentId, signedKey: seen, name: 'checkout' });
      await write(stage.event({ environmentId, signedKey: refused, verdict: 'EXPIRED' }));
      await write(event, stage.event({ environmentId, signedKey: seen }));
      await write(stage.event({ environmentId, signedKey: seen }));
      expect(await sightingsOf(environmentId)).toMatchObject([{ facts: seen, attempts: 0 }]);
    });

    it('notes none that is registered, or was, beside others that are not', async () => {
      const owner = await environmentWithClient('a');
      const { environmentId } = owner;
      const [registered, deleted, another] = [signedKey(), signedKey(), signedKey()];
      await insertKey(owner, registered.digest);
      await insertTombstone(owner, deleted.digest);
      await write(...[registered, deleted, another].map((each) => stage.event({ environmentId, signedKey: each })));
      expect(await sightingsOf(environmentId)).toMatchObject([{ facts: another }]);
    });

    it('notes none by a signature alone, which keeps to no number of new clients a day', async () => {
      const { id: environmentId } = await insertEnvironment(stage.db);
      const seen = signedKey();
      await write(stage.event({ environmentId, signedKey: seen, assumed: true }));
      expect(await sightingsOf(environmentId)).toEqual([]);
      await write(stage.event({ environmentId, signedKey: seen }));
      expect(await sightingsOf(environmentId)).toMatchObject([{ facts: seen }]);
    });

    it('counts a signature alone for the client in the URL, and never for one of another environment', async () => {
      const named = signedKey();
      const own = await environmentWithClient(named.tenant);
      const { environmentId, organizationId } = own;
      const inUrl = newId();
      await insertClient({ environmentId, organizationId, clientId: inUrl }, 'of the URL');
      const foreign = await environmentWithClient('b');
      const assumed = { environmentId, assumed: true } as const;
      const stranger = stage.event({ ...assumed, clientId: foreign.clientId, signedKey: signedKey() });
      const silent = stage.event({ ...assumed, clientId: foreign.clientId });
      await write(stage.event({ ...assumed, clientId: inUrl, signedKey: named }), stranger, silent);
      const totals = await stage.db.selectFrom('client_total').select(['client_id', 'environment_id']).execute();
      const ofClients = [inUrl, own.clientId, foreign.clientId, stranger.keyId, silent.keyId];
      expect(totals.filter(({ client_id }) => ofClients.includes(client_id))).toEqual(
        expect.arrayContaining([
          { client_id: inUrl, environment_id: environmentId },
          { client_id: stranger.keyId, environment_id: environmentId },
          { client_id: silent.keyId, environment_id: environmentId },
        ]),
      );
      expect(totals.map(({ client_id }) => client_id)).not.toContain(foreign.clientId);
      expect(totals.map(({ client_id }) => client_id)).not.toContain(own.clientId);
    });

    it('counts what was decided by a signature alone for the key and client that it is of', async () => {
      const signed = [signedKey(), signedKey(), signedKey(), signedKey()] as const;
      const [byKey, byTombstone, byName, byNothing] = signed;
      const owner = await environmentWithClient(byName.tenant);
      const { environmentId, clientId } = owner;
      const keyId = await insertKey(owner, byKey.digest);
      const gone = await insertTombstone(owner, byTombstone.digest);
      const events = signed.map((each) => stage.event({ environmentId, signedKey: each, assumed: true }));
      await write(...events);
      const rows = await stage.db
        .selectFrom('usage_hour')
        .select(['client_id', 'key_id'])
        .where('environment_id', '=', environmentId)
        .execute();
      const expected = [
        { client_id: clientId, key_id: keyId },
        { client_id: gone.clientId, key_id: gone.keyId },
        { client_id: clientId, key_id: events[2]?.keyId },
        { client_id: events[3]?.clientId, key_id: events[3]?.keyId },
      ];
      expect(rows).toHaveLength(4);
      expect(rows).toEqual(expect.arrayContaining(expected));
      expect(byNothing).toBeDefined();
    });

    async function insertTombstone(
      { environmentId, organizationId }: { environmentId: string; organizationId: string },
      digest: string,
    ) {
      const [clientId, keyId] = [newId(), newId()];
      const place = { environment_id: environmentId, organization_id: organizationId, version: 1, created_at: never };
      await stage.db
        .insertInto('tombstone')
        .values({ digest: Buffer.from(digest, 'base64url'), client_id: clientId, key_id: keyId, ...place })
        .execute();
      return { clientId, keyId };
    }
  });
});
