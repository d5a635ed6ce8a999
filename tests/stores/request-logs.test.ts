import { validation } from '@keyward/contract/pipeline-event';
import type { EnvironmentSettings } from '@keyward/contract/settings';
import type { ValidationEvent } from '@keyward/contract/validation-event';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Sessions } from '@keyward/stores/postgres/sessions';
import { erasePersonal } from '@keyward/stores/postgres/upkeep/erase-personal';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { insertEnvironment } from '@keyward/tests/platform/insert-environment';
import { expect, it } from 'vitest';
import { idAt } from './sample-events.ts';
import { WriterUnderTest } from './writer-under-test.ts';

const forever = { clock: systemClock, signal: new AbortController().signal };
const personal = { name: 'checkout', ip: '2001:db8::1', userAgent: 'curl/8' };
const nothing = { name: null, ip: null, user_agent: null };
const everything = { name: 'checkout', ip: '2001:db8::1', user_agent: 'curl/8' };

describePostgresBackends('request logs', (backend) => {
  const stage = new WriterUnderTest(backend);
  const linesOf = (environmentId: string) =>
    stage.db
      .selectFrom('request_log')
      .selectAll()
      .where('environment_id', '=', environmentId)
      .orderBy('event_id')
      .execute();

  async function environment(settings: Partial<EnvironmentSettings> = {}) {
    const { id: environmentId, organizationId } = await insertEnvironment(stage.db, settings);
    const event = (fields: Partial<ValidationEvent> = {}) => stage.event({ environmentId, ...personal, ...fields });
    const write = (...events: ValidationEvent[]) => stage.newWriter().write(stage.batch(events.map(validation)));
    return { environmentId, organizationId, event, write };
  }

  it('have one line for each decision, as it was, also when it comes again', async () => {
    const { environmentId, event, write } = await environment();
    const methodPath = 'GET:/a\tb\\n"\n\r\\.';
    const one = event({ methodPath, cost: 7, degraded: true, untracked: true });
    await write(one);
    await write(one, one);
    expect(await linesOf(environmentId)).toEqual([
      {
        decided_at: new Date(one.decidedAtMs),
        event_id: one.id,
        environment_id: environmentId,
        client_id: one.clientId,
        key_id: one.keyId,
        verdict: 'ALLOWED',
        endpoint: methodPath,
        method_path: methodPath,
        duration_us: one.durationUs,
        cost: 7,
        degraded: true,
        tracked: false,
        ...everything,
      },
    ]);
  });

  it('hold what the environment has decided: all, refusals, or none', async () => {
    for (const [requestLogs, verdicts] of [
      ['all', ['ALLOWED', 'EXPIRED']],
      ['refusals', ['EXPIRED']],
      ['none', []],
    ] as const) {
      const { environmentId, event, write } = await environment({ requestLogs });
      await write(event(), event({ verdict: 'EXPIRED' }));
      const lines = await linesOf(environmentId);
      expect(lines.map(({ verdict }) => verdict).toSorted()).toEqual(verdicts);
    }
  });

  it('leave out what is redacted', async () => {
    const redacted = { ip: 'ip', userAgent: 'user_agent', name: 'name', path: 'method_path' } as const;
    for (const field of ['ip', 'userAgent', 'name', 'path'] as const) {
      const { environmentId, event, write } = await environment({ requestLogRedaction: [field] });
      await write(event());
      const expected = { method_path: 'GET:/v1/things', endpoint: 'GET:/v1/things', ...everything };
      expect(await linesOf(environmentId)).toMatchObject([{ ...expected, [redacted[field]]: null }]);
    }
  });

  it('follow a changed setting within seconds', async () => {
    const { environmentId, event } = await environment();
    const writer = stage.newWriter();
    await writer.write(stage.batch([validation(event())]));
    const settings = JSON.stringify({ requestLogs: 'none' });
    await stage.db.updateTable('environment').set({ settings }).where('id', '=', environmentId).execute();
    stage.nowMs += 5_000;
    await writer.write(stage.batch([validation(event())]));
    expect(await linesOf(environmentId)).toHaveLength(1);
  });

  it('do without an address that is none, and count its event', async () => {
    const { environmentId, event, write } = await environment();
    for (const ip of ['', 'unknown', '1.2.3.4.5', 'fe80::1%eth0', '1.2.3.4/8']) await write(event({ ip }));
    const lines = await linesOf(environmentId);
    expect(lines.map(({ ip }) => ip)).toEqual([null, null, null, null, null]);
  });

  it('say nothing personal of a client that was deleted, whichever way it is known', async () => {
    const { environmentId, organizationId, event, write } = await environment();
    const [byKey, byName, byErasure] = [newId(), newId(), newId()];
    const { db } = stage;
    const created_at = new Date(stage.nowMs);
    const digest = Buffer.alloc(32, 1);
    const place = { environment_id: environmentId, digest, version: 1 };
    await db
      .insertInto('tombstone')
      .values({ ...place, organization_id: organizationId, client_id: byKey, key_id: newId(), created_at })
      .execute();
    await db
      .insertInto('tenant')
      .values({ ...place, deleted_client_id: byName })
      .execute();
    await db
      .insertInto('erasure')
      .values({ client_id: byErasure, environment_id: environmentId, requested_at: created_at })
      .execute();
    for (const clientId of [byKey, byName, byErasure]) await write(event({ clientId }));
    expect(await linesOf(environmentId)).toMatchObject([nothing, nothing, nothing]);
  });

  it('forget what they said of a client once it is to be erased, and of nobody else', async () => {
    const { environmentId, event, write } = await environment();
    const clientId = newId();
    await write(event({ clientId }), event({ clientId }), event());
    const requested_at = new Date(stage.nowMs);
    await stage.db
      .insertInto('erasure')
      .values({ client_id: clientId, environment_id: environmentId, requested_at })
      .execute();
    expect(await erasePersonal(stage.ingest.db, forever)).toBeGreaterThan(0);
    const lines = await linesOf(environmentId);
    const own = lines.filter((line) => line.client_id === clientId);
    expect(own).toMatchObject([nothing, nothing]);
    expect(lines.filter((line) => line.client_id !== clientId)).toMatchObject([everything]);
    expect(await stage.db.selectFrom('erasure').selectAll().execute()).toEqual([]);
  });

  it('are not all that forgets a client: its dead letters do, too, and keep what is counted', async () => {
    const { environmentId, event } = await environment();
    const clientId = newId();
    const tooOld = { id: idAt(stage.nowMs - 9 * 86_400_000) };
    const facts = { digest: Buffer.alloc(32, 7).toString('base64url'), tenant: 'Acme', claimedId: 'k', scopes: [] };
    const own = event({ ...tooOld, clientId, signedKey: facts });
    const other = event({ id: idAt(stage.nowMs - 9 * 86_400_000), methodPath: `GET:/${clientId}` });
    const torn = {
      ...stage.record(validation(own)),
      value: Buffer.from(`{"clientId":"${clientId}","ip":"2001:db8::1"`),
    };
    const { records } = stage.batch([own, other].map(validation));
    await stage.newWriter().write({ logId: 'log', partition: 0, records: [...records, torn] });
    const requested_at = new Date(stage.nowMs);
    await stage.db
      .insertInto('erasure')
      .values({ client_id: clientId, environment_id: environmentId, requested_at })
      .execute();
    await erasePersonal(stage.ingest.db, forever);
    const rows = await stage.db
      .selectFrom('event_dead')
      .select(['log_offset', 'value'])
      .orderBy('log_offset')
      .execute();
    const offsets = [...records, torn].map(({ offset }) => offset);
    const values = rows
      .filter(({ log_offset }) => log_offset !== null && offsets.includes(log_offset))
      .map(({ value }) => Buffer.from(value).toString('utf8'));
    const { name, ip, userAgent, signedKey, ...rest } = own;
    expect(values.map((value) => (value === '' ? value : JSON.parse(value)))).toEqual(
      expect.arrayContaining([rest, other, '']),
    );
  });

  it('hold nothing of a client whose lines were on their way when it was to be erased', async () => {
    // One connection: while a batch is written, nobody can ask for an erasure.
    if (backend.name === 'pglite') return;
    const { environmentId, event } = await environment();
    const [clientId, copying, goOn] = [newId(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const sessions: Sessions = {
      transaction: (work) =>
        stage.ingest.sessions.transaction((session) =>
          work({
            query: (text, values) => session.query(text, values),
            copy: async (target, lines) => {
              copying.resolve();
              await goOn.promise;
              await session.copy(target, lines);
            },
          }),
        ),
    };
    const writing = stage.newWriter({ sessions }).write(stage.batch([validation(event({ clientId }))]));
    await copying.promise;
    const requested_at = new Date(stage.nowMs);
    await stage.db
      .insertInto('erasure')
      .values({ client_id: clientId, environment_id: environmentId, requested_at })
      .execute();
    // By its sixth question an erasure that did not wait would be through.
    let questions = 0;
    const counting = stage.ingest.db.withPlugin({
      transformQuery: ({ node }) => {
        questions += 1;
        if (questions === 6) goOn.resolve();
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await erasePersonal(counting, forever);
    await writing;
    expect(await linesOf(environmentId)).toMatchObject([nothing]);
  });

  it('are dropped by the day when they are past their retention', async () => {
    const { environmentId, event, write } = await environment();
    await write(event());
    stage.passDays(30);
    await stage.newWriter().keepPartitions();
    expect(await linesOf(environmentId)).toHaveLength(1);
    stage.passDays(2);
    await stage.newWriter().keepPartitions();
    expect(await linesOf(environmentId)).toEqual([]);
  });

  it('take no line that would be dropped at once, and its event is counted', async () => {
    const { environmentId, event } = await environment();
    const old = validation(event({ decidedAtMs: stage.nowMs - 3 * 86_400_000 }));
    const outcome = await stage.newWriter({ logRetentionDays: 2 }).write(stage.batch([old]));
    expect(outcome).toMatchObject({ counted: 1 });
    expect(await linesOf(environmentId)).toEqual([]);
  });
});
