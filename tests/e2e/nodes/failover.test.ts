import {
  type FailingRedis,
  startFailingCluster,
  startFailingMaster,
  startForgetfulRedis,
} from '@keyward/tests/backends/failing-redis';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { answeredChanges, callerAddress, newSubject, type Subject } from '@keyward/tests/platform/answered-changes';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { ValidatorCaller } from '@keyward/tests/platform/validator-caller';
import { type Outcome, outcomeOf, WatchedKey } from '@keyward/tests/platform/watched-key';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The first is asked all the time; the others know only what was before the changes when the master is lost. */
const [busy, ...idle] = [0, 1, 2];
const validators = [busy, ...idle] as number[];
const lanes = 4;

/** Something to be asked about, and what the answers must be: before it was changed, and ever after. */
interface Watched {
  name: string;
  subject: Subject;
  old: Outcome;
  new: Outcome;
  change(): Promise<unknown>;
}

const unchanged = { old: 'ALLOWED', new: 'ALLOWED', change: async () => undefined } as const;

/** How often each fails, and of how many keys on other masters it is watched that they notice nothing. */
const failures = {
  'a master that is replaced by a replica which was cut off [real]': { start: startFailingMaster, times: 2, others: 0 },
  'a Redis that starts again with what it had saved [real]': { start: startForgetfulRedis, times: 1, others: 0 },
  'a master of a cluster whose replica was cut off [real-cluster]': { start: startFailingCluster, times: 1, others: 3 },
};

/** On stores of their own, which fail (design.md §3: I1 and I5 hold beyond what Redis keeps). */
describe.each(Object.entries(failures))('%s', (_, { start, times, others }) => {
  const running = new AsyncDisposableStack();
  let redis: FailingRedis;
  let nodes: Nodes;
  let callers: ValidatorCaller[];

  beforeAll(async () => {
    const [ownRedis, postgres] = await Promise.all([start(), startNativePostgres()]);
    running.adopt(postgres, (each) => each.stop());
    redis = running.use(ownRedis);
    nodes = running.use(await startNodes({ redis: redis.url, postgres: postgres.url }, { validators: 3 }));
    callers = nodes.validators.map(({ url }) => running.use(new ValidatorCaller(url, nodes.serviceToken)));
  });
  afterAll(() => running.disposeAsync());

  const ask = async (validator: number, { serverKey, key }: Subject) => {
    const reply = await callers[validator]?.ask({ serverKey, key, remoteAddress: callerAddress });
    if (!reply) throw new Error(`there is no validator ${validator}`);
    return reply;
  };
  const watch = (numbers: readonly number[], { subject }: Watched) =>
    new WatchedKey({ validators: numbers, loops: 1, ask: (validator) => ask(validator, subject) });

  /** A subject whose client is in a shard of the master that fails, or in another one's. */
  async function subjectThat(isHeld: boolean, environment: TestEnvironment, own: { hasOwnServerKey?: true } = {}) {
    for (;;) {
      const subject = await newSubject(environment, { ...own, owner: nodes.owner });
      if ((await redis.holds(subject.id)) === isHeld) return subject;
    }
  }

  /** Each change in an environment of its own, so that none raises the version for another. */
  const changingSubjects = () =>
    inParallel({ count: Object.keys(answeredChanges).length, lanes }, async (i): Promise<Watched> => {
      const [name = '', change] = Object.entries(answeredChanges)[i] ?? [];
      if (!change) throw new Error(`there is no change ${i}`);
      const environment = await nodes.newEnvironment();
      const makers = { application: environment, owner: nodes.owner };
      const subject = await subjectThat(true, environment, change);
      if (change.prepare) expectDone(await change.prepare(makers));
      return { ...change, name, subject, change: async () => expectDone(await change.make(makers, subject)) };
    });

  const goodKey = async (name: string, environment: TestEnvironment, isHeld = true): Promise<Watched> => ({
    ...unchanged,
    name,
    subject: await subjectThat(isHeld, environment),
  });

  const untilAnswered = (state: 'old' | 'new', all: readonly Watched[]) =>
    inParallel({ count: all.length * validators.length, lanes }, async (i) => {
      const each = all[Math.floor(i / validators.length)];
      if (!each) throw new Error(`nothing to ask ${i}`);
      const decided = async () => {
        const outcome = outcomeOf(await ask(i % validators.length, each.subject));
        return outcome !== 'UNAVAILABLE' && `${each.name}: ${outcome}`;
      };
      const said = await waitUntil(decided, { what: `a verdict (${each.name})`, timeoutMs: 30_000, everyMs: 5 });
      expect(said).toBe(`${each.name}: ${each[state]}`);
    });

  it.each(Array.from({ length: times }, (_, i) => i + 1))(
    'decides nothing by the state before the changes that it lost, and knows all keys (time %i)',
    async () => {
      await using watches = new AsyncDisposableStack();
      const environment = await nodes.newEnvironment();
      const good = await goodKey('a good key', environment);
      const changing = await changingSubjects();
      const elsewhere = await inParallel({ count: others, lanes }, (i) =>
        goodKey(`key ${i} on another master`, environment, false),
      );
      await untilAnswered('old', [good, ...changing, ...elsewhere]);
      const undisturbed = elsewhere.map((each) => ({ each, watch: watches.use(watch(validators, each)) }));

      await redis.beginLoss();
      const created = [
        await goodKey('a key that was made', environment),
        await goodKey('a key of an environment that was made', await nodes.newEnvironment()),
      ];
      const all = [good, ...created, ...changing];
      const watched = all.map((each) => ({ each, watch: watches.use(watch([busy ?? 0], each)) }));
      for (const { each, watch } of watched) {
        await watch.until('old', 1);
        await watch.during(each.change);
        await watch.until('new', 1);
      }

      await redis.kill();
      for (const each of all) {
        const late = { each, watch: watches.use(watch(idle, each)) };
        await late.watch.during(async () => undefined);
        watched.push(late);
      }
      const takenOverMs = performance.now();
      await redis.takeOver();
      await untilAnswered('new', all);
      const tookMs = performance.now() - takenOverMs;

      const wrong = new Set<string>();
      for (const { each, watch } of [...watched, ...undisturbed]) {
        for (const { validator, outcome } of await watch.violations(each)) {
          wrong.add(`${each.name}: validator ${validator} answered ${outcome}, not ${each.new}`);
        }
      }
      const count = (of: 'answers' | 'unavailable', among = watched) =>
        among.reduce((sum, { watch }) => sum + watch[of], 0);
      process.stdout.write(
        `all decided ${Math.round(tookMs)} ms after the take-over: ${count('answers')} answers, ${count('unavailable')} of them 503; of others ${count('answers', undisturbed)}, ${count('unavailable', undisturbed)}\n`,
      );
      expect([...wrong]).toEqual([]);
      expect(count('unavailable')).toBeGreaterThan(0);
      expect(count('unavailable', undisturbed)).toBe(0);
    },
  );
});
