import { describeNodes } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import {
  type AnsweredChange,
  answeredChanges,
  type ChangeCallers,
  callerAddress,
  newSubject,
  type Subject,
} from '@keyward/tests/platform/answered-changes';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { StoreCommands } from '@keyward/tests/platform/store-commands';
import { ValidatorCaller } from '@keyward/tests/platform/validator-caller';
import { outcomeOf, WatchedKey } from '@keyward/tests/platform/watched-key';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const validators = [0, 1, 2];
const adminApis = 2;
const loops = 4;
describeNodes('changes under load, on several processes of each service', (stores) => {
  // What a cluster adds is that the shards are on several servers, which shows in a few rounds.
  const [rounds, races] = stores.name === 'redis' ? [20, 300] : [5, 60];
  const running = new AsyncDisposableStack();
  let nodes: Nodes;
  let environment: TestEnvironment;
  let callers: ValidatorCaller[];
  let commands: StoreCommands | undefined;

  beforeAll(async () => {
    const urls = await stores.url();
    nodes = running.use(await startNodes(urls, { validators: validators.length, adminApis }));
    callers = nodes.validators.map(({ url }) => running.use(new ValidatorCaller(url, nodes.serviceToken)));
    if (stores.name === 'redis') commands = running.use(await StoreCommands.of(urls.redis));
  });
  beforeEach(async () => {
    environment = await nodes.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const ask = (validator: number, { key, serverKey }: Pick<Subject, 'key' | 'serverKey'>) => {
    const caller = callers[validator];
    if (!caller) throw new Error(`there is no validator ${validator}`);
    return caller.ask({ serverKey, key, remoteAddress: callerAddress });
  };
  /** At an admin-api that differs from turn to turn. */
  const changeCallers = (turn: number): ChangeCallers => {
    const url = nodes.adminApis[turn % adminApis]?.url ?? '';
    return { application: { ...environment, url }, owner: { ...nodes.owner, url } };
  };
  const untilDecided = (validator: number, subject: Subject) =>
    waitUntil(
      async () => {
        const outcome = outcomeOf(await ask(validator, subject));
        return outcome !== 'UNAVAILABLE' && outcome;
      },
      { what: 'a verdict', timeoutMs: 5_000 },
    );

  /** One change under load, while one validator may be stopped; what was answered, and what should not have been. */
  async function play(change: AnsweredChange, { turn, paused }: { turn: number; paused?: number }) {
    const subject = await newSubject(environment, { ...change, owner: nodes.owner });
    if (change.prepare) expectDone(await change.prepare(changeCallers(turn)));
    await using watch = new WatchedKey({ validators, loops, ask: (validator) => ask(validator, subject) });
    const frozen = paused === undefined ? undefined : nodes.validators[paused]?.process;
    await watch.until('old', 3);
    frozen?.signal('SIGSTOP');
    try {
      await watch.during(async () => expectDone(await change.make(changeCallers(turn), subject)));
      if (paused !== undefined) watch.askAlso(paused, loops);
      await watch.until(
        'new',
        5,
        validators.filter((validator) => validator !== paused),
      );
    } finally {
      frozen?.signal('SIGCONT');
    }
    await watch.until('new', 5);
    const violations = await watch.violations(change);
    if (change.undo) expectDone(await change.undo(changeCallers(turn + 1)));
    return { violations, answers: watch.answers, unavailable: watch.unavailable };
  }

  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  it.each(Object.entries(answeredChanges))('%s: holds for whatever is sent after the answer', async (name, each) => {
    const played: Awaited<ReturnType<typeof play>>[] = [];
    const work = async () => {
      for (let turn = 0; turn < rounds; turn += 1) played.push(await play(each, { turn }));
    };
    const counts = commands ? await commands.during(work) : await work();
    const answers = sum(played.map((round) => round.answers));
    const scripts = counts ? `, ${(counts.decisions / answers).toFixed(3)} scripts an answer` : '';
    const unavailable = sum(played.map((round) => round.unavailable));
    process.stdout.write(`${name} on ${stores.name}: ${answers} answers, ${unavailable} of them 503${scripts}\n`);
    expect(played.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it.each(Object.entries(answeredChanges))('%s: also for a validator that was stopped meanwhile', async (_, each) => {
    for (const paused of validators) {
      const { violations } = await play(each, { turn: paused, paused });
      expect(violations).toEqual([]);
    }
  });

  it('a server key revoked: the other server keys of its environment go on', async () => {
    const subject = await newSubject(environment, { owner: nodes.owner, hasOwnServerKey: true });
    const other = { ...subject, serverKey: environment.serverKey };
    await using watch = new WatchedKey({ validators, loops, ask: (validator) => ask(validator, other) });
    await watch.until('old', 3);
    const revoke = `/server-key/${subject.serverKeyId}?project_env=${environment.projectEnv}`;
    await watch.during(async () => expectDone(await call(nodes.owner, 'DELETE', revoke)));
    await watch.until('new', 5);
    expect(await watch.violations({ old: 'ALLOWED', new: 'ALLOWED' })).toEqual([]);
    for (const validator of validators) expect(await untilDecided(validator, subject)).toBe('UNAUTHENTICATED');
  });

  it('of one client by two admin-apis at once: every validator decides by the one that came last', async () => {
    const lanes = 6;
    const subjects = await inParallel({ count: lanes, lanes }, () => newSubject(environment, nodes));
    const statuses = ['disabled', 'active'] as const;
    const outcomes = { disabled: 'CLIENT_DISABLED', active: 'ALLOWED' } as const;
    const won = { disabled: 0, active: 0 };
    await inParallel({ count: lanes, lanes }, async (lane) => {
      const subject = subjects[lane];
      if (!subject) throw new Error(`there is no lane ${lane}`);
      const path = `/client/${subject.id}`;
      for (let race = 0; race < races / lanes; race += 1) {
        const changing = statuses.map((status, i) =>
          call(changeCallers(race + i).application, 'PUT', path, { body: { status } }),
        );
        for (const answer of await Promise.all(changing)) expectDone(answer);
        const { body } = await call(changeCallers(race).application, 'GET', path);
        const last = statuses.find((status) => status === body.status) ?? 'active';
        won[last] += 1;
        const decided = await Promise.all(validators.map((validator) => untilDecided(validator, subject)));
        expect({ race, decided }).toEqual({ race, decided: validators.map(() => outcomes[last]) });
      }
    });
    process.stdout.write(`${races} races on ${stores.name}: disabled won ${won.disabled}, active ${won.active}\n`);
    expect(Math.min(won.disabled, won.active)).toBeGreaterThan(races / 20);
  });

  if (stores.name !== 'redis') return;

  it('cost nothing when there are none: one script, and no record is read', async () => {
    const subjects = await inParallel({ count: 50, lanes: 5 }, () => newSubject(environment, nodes));
    const asked = 6_000;
    const askAll = (count: number) =>
      inParallel({ count, lanes: 48 }, async (i) => {
        const { key = '', serverKey = '' } = subjects[i % subjects.length] ?? {};
        const validator = Math.floor(i / subjects.length) % validators.length;
        expect(outcomeOf(await ask(validator, { key, serverKey }))).toBe('ALLOWED');
      });
    await askAll(subjects.length * validators.length);
    const counts = await commands?.during(() => askAll(asked));
    process.stdout.write(`${asked} decisions: ${counts?.decisions} scripts, ${counts?.recordReads} records read\n`);
    expect(counts?.decisions).toBe(asked);
    expect(counts?.recordReads).toBeLessThanOrEqual(asked / 100);
  });
});
