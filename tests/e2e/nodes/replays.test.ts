import { describeNodes } from '@keyward/tests/backends/describe-backends';
import { DecisionLedger } from '@keyward/tests/platform/decision-ledger';
import { type GatewayAnswer, GatewayCaller } from '@keyward/tests/platform/gateway-caller';
import { type LimitedClient, limitedKey } from '@keyward/tests/platform/limited-client';
import type { TestEnvironment } from '@keyward/tests/platform/prepare-installation';
import { type ReplyCutter, startReplyCutter } from '@keyward/tests/platform/reply-cutter';
import { type Nodes, startNodes } from '@keyward/tests/platform/start-nodes';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const path = 'GET:/call/0';

describeNodes('one request that is sent more than once, through several processes,', (stores) => {
  const running = new AsyncDisposableStack();
  let ledger: DecisionLedger;
  let nodes: Nodes;
  let environment: TestEnvironment;
  let cutter: ReplyCutter;
  let callers: GatewayCaller[];
  /** Through a gateway that the validators' answers reach by way of the cutter. */
  let cutOff: GatewayCaller;

  beforeAll(async () => {
    const storeUrls = await stores.url();
    ledger = running.use(await DecisionLedger.open(storeUrls.redis));
    nodes = running.use(await startNodes(storeUrls, { validators: 3 }));
    environment = await nodes.newEnvironment();
    const validatorUrls = nodes.validators.map(({ url }) => url);
    cutter = running.use(await startReplyCutter(validatorUrls));
    const callerTo = async (urls: readonly string[]) => {
      const gateway = await nodes.startGateway(urls);
      return running.use(new GatewayCaller({ ...gateway, serverKey: environment.serverKey }));
    };
    callers = await Promise.all([callerTo(validatorUrls), callerTo(validatorUrls)]);
    cutOff = await callerTo(cutter.urls);
  });
  afterAll(() => running.disposeAsync());

  const verdictsOf = async ({ id }: LimitedClient) => (await ledger.of(id)).map(({ verdict }) => verdict);

  it('by its sender, 1,000 times at once: allowed exactly once, REPLAYED 999 times', () =>
    withinOne('hour', async () => {
      const requests = 1_000;
      const client = await limitedKey(environment, requests);
      const envelope = callers[0]?.envelope(client.key) ?? '';
      let unavailable = 0;
      const untilTold = async (caller: GatewayCaller | undefined): Promise<string | undefined> => {
        const answer = await caller?.sealed(envelope, path);
        if (answer?.verdict !== 'UNAVAILABLE') return answer?.verdict;
        unavailable += 1;
        return untilTold(caller);
      };
      const told = await Promise.all(
        Array.from({ length: requests }, (_, i) => untilTold(callers[i % callers.length])),
      );
      const count = (verdict: string) => told.filter((each) => each === verdict).length;
      process.stdout.write(
        `the same envelope on ${stores.name}: ${count('ALLOWED')} allowed, ${count('REPLAYED')} replayed, answered 503 ${unavailable}\n`,
      );
      expect([count('ALLOWED'), count('REPLAYED')]).toEqual([1, requests - 1]);
      expect((await verdictsOf(client)).filter((verdict) => verdict === 'ALLOWED')).toHaveLength(1);
    }));

  describe('by its gateway, because the validator’s answer was lost:', () => {
    interface Case {
      limit: number;
      /** Calls `cut` before it sends what is to be lost. */
      send(client: LimitedClient, cut: () => void): Promise<GatewayAnswer>;
      verdict: string;
      events: string[];
    }
    const sendEnvelope: Case['send'] = ({ key }, cut) => {
      cut();
      return cutOff.sealed(cutOff.envelope(key), path);
    };
    const anEnvelope: Case = { limit: 1, send: sendEnvelope, verdict: 'ALLOWED', events: ['ALLOWED'] };
    const cases: Record<string, Case> = {
      'an envelope': anEnvelope,
      'a plain body': {
        ...anEnvelope,
        send({ key }, cut) {
          cut();
          return cutOff.plain(key, path);
        },
      },
      'an envelope that was refused': {
        limit: 0,
        send: sendEnvelope,
        verdict: 'RATE_LIMITED',
        events: ['RATE_LIMITED'],
      },
      'an envelope that was sent before': {
        limit: 2,
        async send({ key }, cut) {
          const envelope = cutOff.envelope(key);
          await callers[0]?.sealed(envelope, path);
          cut();
          return cutOff.sealed(envelope, path);
        },
        verdict: 'REPLAYED',
        events: ['ALLOWED', 'REPLAYED'],
      },
    };

    async function loseAnswer({ limit, send, verdict, events }: Case, instead?: (validator: number) => unknown) {
      const client = await limitedKey(environment, limit);
      const cuts = cutter.cuts;
      const answer = await send(client, () => cutter.cutNextReply(instead));
      expect(cutter.cuts).toBe(cuts + 1);
      expect(answer.verdict).toBe(verdict);
      expect(await verdictsOf(client)).toEqual(events);
    }

    it.each(Object.entries(cases))('%s gets the same verdict of another, and is counted once', (_, each) =>
      withinOne('hour', async () => {
        for (let round = 0; round < 5; round += 1) await loseAnswer(each);
      }),
    );

    // The last one: the validator does not come back.
    it('also when the validator has died of it', () =>
      withinOne('hour', async () => {
        await loseAnswer(anEnvelope, (validator) => nodes.validators[validator]?.process.kill());
        expect(nodes.validators.filter(({ process }) => process.isRunning())).toHaveLength(2);
      }));
  });
});
