import { describeNodes } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { StoreCommands } from '@keyward/tests/platform/store-commands';
import { ValidatorCaller } from '@keyward/tests/platform/validator-caller';
import { type Outcome, outcomeOf, WatchedKey } from '@keyward/tests/platform/watched-key';
import { type Answer, type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const validators = [0, 1, 2];
const adminApis = 2;
const loops = 4;
const callerAddress = '198.51.100.7';
const otherAddresses = ['203.0.113.0/24', '2001:db8::/32'];

interface Subject {
  id: string;
  keyId: string;
  key: string;
  templateId: string;
}

interface Change {
  outcome: Outcome;
  make(admin: Caller, subject: Subject): Promise<Answer>;
  /** Makes the environment as it was, where the change was not of the subject alone. */
  undo?(admin: Caller): Promise<Answer>;
}

const change = (path: string, body: object) => (admin: Caller) => call(admin, 'PUT', path, { body });
const changeKey =
  (fields: object) =>
  (admin: Caller, { id, keyId }: Subject) =>
    change(`/client/${id}`, { keys: [{ id: keyId, ...fields }] })(admin);
const changeClient =
  (fields: object) =>
  (admin: Caller, { id }: Subject) =>
    change(`/client/${id}`, fields)(admin);

const changes: Record<string, Change> = {
  'a key revoked': {
    outcome: 'REVOKED',
    make: (admin, { id, keyId }) => call(admin, 'DELETE', `/client/${id}?keyId=${keyId}`),
  },
  'a key disabled': { outcome: 'DISABLED', make: changeKey({ enabled: false }) },
  'a client disabled': { outcome: 'CLIENT_DISABLED', make: changeClient({ status: 'disabled' }) },
  'a client deleted': { outcome: 'REVOKED', make: (admin, { id }) => call(admin, 'DELETE', `/client/${id}`) },
  'the IP list of a client': { outcome: 'IP_NOT_ALLOWED', make: changeClient({ ipWhitelist: otherAddresses }) },
  'the IP list of a key': { outcome: 'IP_NOT_ALLOWED', make: changeKey({ allowedIps: otherAddresses }) },
  'the limit of a template, set to 0': {
    outcome: 'RATE_LIMITED',
    make: (admin, { templateId }) => change(`/template/${templateId}`, { rateLimitHour: 0 })(admin),
  },
  'settings: envelopes demanded': {
    outcome: 'ENCRYPTION_REQUIRED',
    make: change('/settings', { encryption: 'required' }),
    undo: change('/settings', { encryption: 'optional' }),
  },
};

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

  const ask = (validator: number, key: string) => {
    const caller = callers[validator];
    if (!caller) throw new Error(`there is no validator ${validator}`);
    return caller.ask({ serverKey: environment.serverKey, key, remoteAddress: callerAddress });
  };
  const adminApi = (turn: number): Caller => ({ ...environment, url: nodes.adminApis[turn % adminApis]?.url ?? '' });
  const untilDecided = (validator: number, key: string) =>
    waitUntil(
      async () => {
        const outcome = outcomeOf(await ask(validator, key));
        return outcome !== 'UNAVAILABLE' && outcome;
      },
      { what: 'a verdict', timeoutMs: 5_000 },
    );

  async function newSubject(): Promise<Subject> {
    const template = expectDone(
      await call(environment, 'POST', '/template', { body: { name: uniqueName('template') } }),
    );
    const client = { name: uniqueName('client'), templateId: template.id, keys: [{ name: 'k' }] };
    const { id, keys } = expectDone(await call(environment, 'POST', '/client', { body: client }));
    return { id, keyId: keys[0].id, key: keys[0].key, templateId: template.id };
  }

  /** One change under load, while one validator may be stopped; what was answered, and what should not have been. */
  async function play({ make, undo, outcome }: Change, { turn, paused }: { turn: number; paused?: number }) {
    const subject = await newSubject();
    await using watch = new WatchedKey({ validators, loops, ask: (validator) => ask(validator, subject.key) });
    const frozen = paused === undefined ? undefined : nodes.validators[paused]?.process;
    await watch.until('old', 3);
    frozen?.signal('SIGSTOP');
    try {
      await watch.during(async () => expectDone(await make(adminApi(turn), subject)));
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
    const violations = await watch.violations({ old: 'ALLOWED', new: outcome });
    if (undo) expectDone(await undo(adminApi(turn + 1)));
    return { violations, answers: watch.answers, unavailable: watch.unavailable };
  }

  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  it.each(Object.entries(changes))('%s: holds for whatever is sent after the answer', async (name, each) => {
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

  it.each(Object.entries(changes))('%s: also for a validator that was stopped meanwhile', async (_, each) => {
    for (const paused of validators) {
      const { violations } = await play(each, { turn: paused, paused });
      expect(violations).toEqual([]);
    }
  });

  it('of one client by two admin-apis at once: every validator decides by the one that came last', async () => {
    const lanes = 6;
    const subjects = await inParallel({ count: lanes, lanes }, newSubject);
    const statuses = ['disabled', 'active'] as const;
    const outcomes = { disabled: 'CLIENT_DISABLED', active: 'ALLOWED' } as const;
    const won = { disabled: 0, active: 0 };
    await inParallel({ count: lanes, lanes }, async (lane) => {
      const { id = '', key = '' } = subjects[lane] ?? {};
      for (let race = 0; race < races / lanes; race += 1) {
        const changing = statuses.map((status, i) => change(`/client/${id}`, { status })(adminApi(race + i)));
        for (const answer of await Promise.all(changing)) expectDone(answer);
        const { body } = await call(adminApi(race), 'GET', `/client/${id}`);
        const last = statuses.find((status) => status === body.status) ?? 'active';
        won[last] += 1;
        const decided = await Promise.all(validators.map((validator) => untilDecided(validator, key)));
        expect({ race, decided }).toEqual({ race, decided: validators.map(() => outcomes[last]) });
      }
    });
    process.stdout.write(`${races} races on ${stores.name}: disabled won ${won.disabled}, active ${won.active}\n`);
    expect(Math.min(won.disabled, won.active)).toBeGreaterThan(races / 20);
  });

  if (stores.name !== 'redis') return;

  it('cost nothing when there are none: one script, and no record is read', async () => {
    const subjects = await inParallel({ count: 50, lanes: 5 }, newSubject);
    const asked = 6_000;
    const askAll = (count: number) =>
      inParallel({ count, lanes: 48 }, async (i) => {
        const { key = '' } = subjects[i % subjects.length] ?? {};
        expect(outcomeOf(await ask(Math.floor(i / subjects.length) % validators.length, key))).toBe('ALLOWED');
      });
    await askAll(subjects.length * validators.length);
    const counts = await commands?.during(() => askAll(asked));
    process.stdout.write(`${asked} decisions: ${counts?.decisions} scripts, ${counts?.recordReads} records read\n`);
    expect(counts?.decisions).toBe(asked);
    expect(counts?.recordReads).toBeLessThanOrEqual(asked / 100);
  });
});
