import { describeNodes } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { type Ask, CountedLoad } from '@keyward/tests/platform/counted-load';
import { DecisionLedger } from '@keyward/tests/platform/decision-ledger';
import { GatewayCaller } from '@keyward/tests/platform/gateway-caller';
import { type LimitedClient, limitedByTemplate, limitedKey } from '@keyward/tests/platform/limited-client';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { reconcile } from '@keyward/tests/platform/reconcile';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { ValidatorCaller } from '@keyward/tests/platform/validator-caller';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, expect, it } from 'vitest';

const validators = 8;
const connections = 64;
const calls = 5_000;
const limit = 1_000;
const subjects = [
  ['a key', limitedKey],
  ['a client, by its template', limitedByTemplate],
] as const;

describeNodes('limits on eight validator processes', (stores) => {
  const running = new AsyncDisposableStack();
  let ledger: DecisionLedger;
  let nodes: Nodes;
  let environment: TestEnvironment;
  let callers: ValidatorCaller[];

  beforeAll(async () => {
    const urls = await stores.url();
    ledger = running.use(await DecisionLedger.open(urls.redis));
    nodes = running.use(await startNodes(urls, { validators }));
    environment = await nodes.newEnvironment();
    callers = nodes.validators.map(({ url }) => running.use(new ValidatorCaller(url, nodes.serviceToken)));
  });
  afterAll(() => running.disposeAsync());

  /** Each connection stays with one validator, so that it is known who decided. Each call is an envelope of its own. */
  const atValidators =
    ({ id, key }: LimitedClient): Ask =>
    async (methodPath, connection) => {
      const caller = callers[connection % validators];
      const { serverKey } = environment;
      const reply = await caller?.ask({ serverKey, key, methodPath, replayId: `${id.slice(-12)}${methodPath}` });
      return reply?.kind === 'decided' ? reply.verdict : 'UNAVAILABLE';
    };

  /** What came of a load, held against what the stores took in. */
  async function outcome(what: string, load: CountedLoad, client: LimitedClient) {
    const events = await ledger.of(client.id);
    const { admitted, lost } = reconcile(load, events);
    const [told, refused] = [load.toldThat('ALLOWED'), load.toldThat('RATE_LIMITED')];
    expect(told + refused).toBe(load.told.size);
    expect(told + lost).toBe(admitted);
    const figures = `${admitted} admitted, ${told} told so, ${refused} refused, ${load.unanswered} answered 503`;
    process.stdout.write(`${what} on ${stores.name}: ${figures}\n`);
    return { events, passed: admitted, refused };
  }

  /** Changes the limit once `from` calls were answered, and before more than `atMost` have begun. */
  async function changeUnderLoad(client: LimitedClient, change: { from: number; atMost: number; to: number }) {
    const load = new CountedLoad({ ask: atValidators(client), connections, goOn: (begun) => begun < calls });
    load.holdAt(change.atMost);
    const running = load.run();
    try {
      await waitUntil(() => load.told.size >= change.from, { what: 'the load', timeoutMs: 30_000, everyMs: 1 });
      await client.limitTo(change.to);
    } finally {
      load.release();
    }
    const firstAfter = load.sent;
    await running;
    return { load, firstAfter };
  }

  it.each(subjects)('of %s: of 5,000 calls exactly 1,000 pass, and each validator decided its share', (name, limited) =>
    withinOne('hour', async () => {
      const client = await limited(environment, limit);
      const load = new CountedLoad({ ask: atValidators(client), connections, goOn: (begun) => begun < calls });
      await load.run();
      expect(await outcome(name, load, client)).toMatchObject({ passed: limit, refused: calls - limit });
      for (let validator = 0; validator < validators; validator += 1) {
        expect(load.verdictsOver((connection) => connection % validators === validator)).toBeGreaterThan(calls / 20);
      }
    }),
  );

  it('hold in every window by Redis’ clock, and refuse nobody while quota is left', async () => {
    const most = 50;
    const client = await limitedKey(environment, most, 'second');
    const thirdEdgeMs = Math.ceil(Date.now() / 1_000) * 1_000 + 2_000;
    const goOn = () => Date.now() < thirdEdgeMs + 200;
    const load = new CountedLoad({ ask: atValidators(client), connections, goOn });
    await load.run();
    const { events } = await outcome(`${most} per second`, load, client);
    const seconds = [...Map.groupBy(events, ({ decidedAtMs }) => Math.floor(decidedAtMs / 1_000)).values()];
    expect(seconds.filter(({ length }) => length > most).length).toBeGreaterThanOrEqual(2);
    for (const decided of seconds) {
      const verdicts = decided.map(({ verdict }) => verdict);
      expect(verdicts).toEqual(verdicts.map((_, i) => (i < most ? 'ALLOWED' : 'RATE_LIMITED')));
    }
  });

  it('of a client, raised under load: as many pass as if the last limit had always held', () =>
    withinOne('hour', async () => {
      const client = await limitedByTemplate(environment, 600);
      const { load } = await changeUnderLoad(client, { from: 300, atMost: 3_000, to: limit });
      expect(await outcome('raised', load, client)).toMatchObject({ passed: limit });
    }));

  it('of a key, lowered under load to more than was used: likewise', () =>
    withinOne('hour', async () => {
      const client = await limitedKey(environment, 3_000);
      const { load } = await changeUnderLoad(client, { from: 300, atMost: 900, to: limit });
      expect(await outcome('lowered', load, client)).toMatchObject({ passed: limit });
    }));

  it.each(subjects)(
    'of %s, lowered under load to less than was used: nobody passes after the answer',
    (name, limited) =>
      withinOne('hour', async () => {
        const client = await limited(environment, 3_000);
        const { load, firstAfter } = await changeUnderLoad(client, { from: 500, atMost: calls, to: 300 });
        const { events, passed } = await outcome(`${name}, lowered below its use`, load, client);
        expect(passed).toBeGreaterThanOrEqual(500);
        expect(passed).toBeLessThanOrEqual(3_000);
        const late = [...load.told].filter(([call, verdict]) => call >= firstAfter && verdict === 'ALLOWED');
        expect(late).toEqual([]);
        // From the first refusal on, by the order of the decisions.
        const verdicts = events.map(({ verdict }) => verdict);
        expect(verdicts.indexOf('RATE_LIMITED')).toBe(passed);
      }),
  );

  // The last one: these validators do not come back.
  it('are exact when validators are killed in the middle of it, for the gateway asks others again', () =>
    withinOne('hour', async () => {
      const running = nodes.validators.filter((each) => each.process.isRunning());
      const gateway = await nodes.startGateway(running.map(({ url }) => url));
      await using caller = new GatewayCaller({ ...gateway, serverKey: environment.serverKey });
      const client = await limitedKey(environment, limit);
      const ask: Ask = async (methodPath) => (await caller.sealed(caller.envelope(client.key), methodPath)).verdict;
      const load = new CountedLoad({ ask, connections, goOn: (begun) => begun < calls });
      const ended = load.run();
      for (const [i, validator] of running.slice(0, 3).entries()) {
        const answered = 200 * (i + 1);
        await waitUntil(() => load.told.size >= answered, { what: 'the load', timeoutMs: 30_000, everyMs: 1 });
        await validator.process.kill();
      }
      await ended;
      expect(await outcome('validators killed', load, client)).toMatchObject({ passed: limit, refused: calls - limit });
    }));
});
