import { openDatabase } from '@keyward/stores/postgres/database';
import type { Sessions } from '@keyward/stores/postgres/sessions';
import { describeStacks, type StackUrls } from '@keyward/tests/backends/describe-backends';
import { withKafka } from '@keyward/tests/backends/kafka-admin';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Kafka's name for a topic's settings (ConfigResource.Type). */
const topicSettings = 2;

describeStacks('an event that is refused', (stack) => {
  const own = new AsyncDisposableStack();
  let urls: StackUrls;
  let platform: TestPlatform;
  let sessions: Sessions;

  beforeAll(async () => {
    urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    sessions = own.use(await openDatabase(urls.postgres)).sessions;
  });
  afterAll(() => own.disposeAsync());

  const until = (what: string, condition: () => Promise<boolean>) => waitUntil(condition, { what, timeoutMs: 20_000 });
  const countOf = async (environment: Caller, clientId: string): Promise<number> =>
    (await call(environment, 'GET', `/client/${clientId}`)).body.stats.total;

  /** Three calls of one client, of which the second is refused on its way: it alone waits, and is counted when it is asked for. */
  async function expectOneToWait({ methodPath, reason }: { methodPath: string; reason: RegExp }, mend: () => unknown) {
    const environment = await platform.newEnvironment();
    const client = await newClient(environment);
    for (const path of ['GET:/before', methodPath, 'GET:/after'])
      expect((await validatePlain(environment, { key: client.key, methodPath: path })).body.success).toBe(true);
    const ofIt = `project_env=${environment.projectEnv}`;
    const waiting = async () => (await call(environment, 'GET', `/dead-letter?${ofIt}`)).body;
    await until('the others to be counted', async () => (await countOf(environment, client.id)) === 2);
    await until('the refused one to be seen', async () => (await waiting()).pagination.total === 1);
    const { data } = await waiting();
    expect(data).toMatchObject([{ reason: expect.stringMatching(reason), attempts: 1, data: { clientId: client.id } }]);

    await mend();
    const asked = await call(platform.owner, 'POST', `/dead-letter/${data[0].id}/replay?${ofIt}`);
    expect(asked.status).toBe(202);
    await until('it to be counted', async () => (await countOf(environment, client.id)) === 3);
    expect((await waiting()).pagination.total).toBe(0);
    const { body } = await call(environment, 'GET', `/project/${environment.projectEnv}/logs`);
    expect(body.data.map(({ endpoint }: { endpoint: string }) => endpoint)).toEqual([
      'GET:/after',
      methodPath,
      'GET:/before',
    ]);
    expect((await call(platform.owner, 'GET', '/conservation')).body).toMatchObject({
      ...{ settled: true, balanced: true, missing: 0, surplus: 0, dead: 0 },
    });
  }

  it('by Postgres holds up no other', async () => {
    const run = (statement: string) => sessions.transaction((session) => session.query(statement));
    await run(`create function refuse() returns trigger language plpgsql as $$ begin
      raise exception 'this one is not wanted' using errcode = '22023'; end $$`);
    await run(`create trigger refusing before insert on usage_hour for each row when (new.endpoint = 'GET:/unwanted')
      execute function refuse()`);
    const refused = { methodPath: 'GET:/unwanted', reason: /^Postgres refuses it: this one is not wanted/ };
    await expectOneToWait(refused, () => run('drop trigger refusing on usage_hour'));
  });

  // The memory log takes whatever fits into memory.
  if (stack.name === 'embedded') return;
  it('by Kafka holds up no other', async () => {
    const topic = new URL(urls.kafka).pathname.slice(1);
    const takeAtMost = (bytes: number) =>
      withKafka(urls.kafka, (admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: topicSettings,
              name: topic,
              configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
            },
          ],
        }),
      );
    await takeAtMost(1_500);
    const refused = { methodPath: `GET:/${'long/'.repeat(300)}end`, reason: /MESSAGE_TOO_LARGE/ };
    await expectOneToWait(refused, () => takeAtMost(1_000_000));
  });
});
