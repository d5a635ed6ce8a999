import type { NativeServer } from '@keyward/tests/backends/native-server';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient } from '@keyward/tests/platform/run-platform';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { ValidatorCaller } from '@keyward/tests/platform/validator-caller';
import { type Outcome, outcomeOf } from '@keyward/tests/platform/watched-key';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const clients = 30;
const lanes = 6;
const emptied = 3;

/** On a Redis of its own, which is emptied. */
describe('a Redis that is emptied under warm validator processes [real]', () => {
  const running = new AsyncDisposableStack();
  let redis: NativeServer;
  let nodes: Nodes;
  let environment: TestEnvironment;
  let callers: ValidatorCaller[];

  beforeAll(async () => {
    const own = (server: NativeServer) => running.adopt(server, (each) => each.stop());
    const [ownRedis, postgres] = await Promise.all([startNativeRedis(), startNativePostgres()]);
    redis = own(ownRedis);
    nodes = running.use(await startNodes({ redis: redis.url, postgres: own(postgres).url }, { validators: 3 }));
    environment = await nodes.newEnvironment();
    callers = nodes.validators.map(({ url }) => running.use(new ValidatorCaller(url, nodes.serviceToken)));
  });
  afterAll(() => running.disposeAsync());

  it('makes no good key bad and no revoked key good, and is written anew by itself', async () => {
    const good = await inParallel({ count: clients, lanes }, () => newClient(environment));
    const revoked = await newClient(environment);
    expectDone(await call(environment, 'DELETE', `/client/${revoked.id}?keyId=${revoked.keyId}`));
    const keys = [revoked, ...good].map(({ key }) => key);
    const questions = callers.flatMap((caller) => keys.map((key, i) => ({ caller, key, isRevoked: i === 0 })));

    const outcomes = new Map<Outcome, number>();
    const wrong: unknown[] = [];
    /** Everything of every validator, under load; did all of it get a verdict? */
    const askAll = async () => {
      const answers = await inParallel({ count: questions.length, lanes }, async (i) => {
        const { caller, key = '', isRevoked } = questions[i] ?? {};
        const reply = await caller?.ask({ serverKey: environment.serverKey, key });
        const outcome = reply ? outcomeOf(reply) : 'UNAVAILABLE';
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        return { outcome, right: isRevoked ? 'REVOKED' : 'ALLOWED' };
      });
      const decided = answers.filter(({ outcome }) => outcome !== 'UNAVAILABLE');
      wrong.push(...decided.filter(({ outcome, right }) => outcome !== right));
      return decided.length === questions.length;
    };

    expect(await askAll()).toBe(true);
    for (let time = 0; time < emptied; time += 1) {
      const asking = askAll();
      await withRedis(redis.url, (operator) => operator.flushall());
      await asking;
      await waitUntil(askAll, { what: 'all verdicts', timeoutMs: 15_000, everyMs: 1 });
    }
    const shown = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`);
    process.stdout.write(`emptied ${emptied} times: ${shown.join(', ')}\n`);
    expect(wrong).toEqual([]);
    expect(outcomes.get('UNAVAILABLE')).toBeGreaterThan(0);
  });
});
