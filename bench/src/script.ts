/**
 * What the decision script costs in Redis, beside an empty EVALSHA in the same run: `node bench/src/script.ts` prints
 * Redis' own CPU time per call (used_cpu of INFO), through pipelines, so that the network's share is alike.
 */
import { newId } from '@keyward/kit/random';
import type { DecideCommand, DecisionStore } from '@keyward/stores/ports/decision-store';
import { startShards } from './stack/start-shards.ts';

const calls = 100_000;
const atOnce = 200;
const clients = 1_000;

await using shards = await startShards();
const { operator, projection, store } = shards;

const environmentId = newId();
const holders = Array.from({ length: clients }, () => ({ clientId: newId(), keyFamilyId: newId() }));
await projection.putEnvironmentVersion(environmentId, 1);
await Promise.all(holders.map(({ clientId }) => projection.putClientVersion(clientId, 1)));
const empty = String(await operator.script('LOAD', '#!lua\nreturn 1'));

const event = JSON.stringify({
  id: newId(),
  environmentId,
  clientId: newId(),
  keyId: newId(),
  methodPath: 'GET:/bench/items',
  userAgent: 'bench/1.0',
  durationUs: 900,
});
const command = (i: number, choices: Choices): DecideCommand => ({
  ...(holders[i % clients] ?? { clientId: '', keyFamilyId: '' }),
  environmentId,
  environmentVersion: 1,
  clientVersion: 1,
  eventId: newId(),
  replayId: newId(),
  requestedAtMs: Date.now(),
  toleranceMs: 300_000,
  environmentLimits: {},
  isUse: true,
  tellsUses: false,
  verdict: 'ALLOWED',
  cost: 1,
  event,
  ...choices,
});
const many = 1_000_000;
type Choices = Pick<DecideCommand, 'keyLimits' | 'clientLimits'> & Partial<Pick<DecideCommand, 'tellsUses'>>;
const decide = (to: DecisionStore, choices: Choices) => async (i: number) => {
  const { kind } = await to.decide(command(i, choices));
  if (kind !== 'decided') throw new Error(`a decision was ${kind}`);
};

/** As many keys and arguments as a decision has, and as long. */
function sameWords(i: number): (string | number)[] {
  const { clientId, eventId, event: text } = command(i, { keyLimits: {}, clientLimits: {} });
  const keys = Array.from({ length: 6 }, (_, n) => `{s0${n}}k:${clientId}`);
  const limits = Array.from({ length: 8 }, () => '');
  return [
    ...keys,
    1,
    1,
    eventId,
    'ALLOWED',
    Date.now(),
    300_000,
    text,
    305_000,
    60_000,
    605_000,
    1,
    `f:${clientId}`,
    ...limits,
    '',
    '',
    `n:${clientId}`,
    '1',
    '',
  ];
}

const kinds: [string, (i: number) => Promise<unknown>][] = [
  ['empty EVALSHA, one key, no arguments', (i) => operator.evalsha(empty, 1, holders[i % clients]?.clientId ?? '')],
  ['empty EVALSHA, the same arguments', (i) => operator.evalsha(empty, 6, ...sameWords(i))],
  ['decide, no limits', decide(store, { keyLimits: {}, clientLimits: {} })],
  ['decide, no limits, uses told', decide(store, { keyLimits: {}, clientLimits: {}, tellsUses: true })],
  ['decide, key limited', decide(store, { keyLimits: { minute: many }, clientLimits: {} })],
  [
    'decide, key and client limited',
    decide(store, { keyLimits: { minute: many }, clientLimits: { hour: many, day: many, week: many, month: many } }),
  ],
  ['decide, refused by a limit', decide(store, { keyLimits: { day: 0 }, clientLimits: {} })],
];

process.stdout.write(`Redis CPU per call (${calls} calls, ${atOnce} at once)\n`);
const yardsticks: number[] = [];
for (const [name, call] of kinds) {
  const before = await cpuUs();
  for (let i = 0; i < calls; i += atOnce) await Promise.all(Array.from({ length: atOnce }, (_, j) => call(i + j)));
  const us = ((await cpuUs()) - before) / calls;
  if (name.startsWith('empty')) yardsticks.push(us);
  const ratios = yardsticks.map((yardstick) => `${(us / yardstick).toFixed(1)}×`);
  process.stdout.write(`${name.padEnd(38)} ${us.toFixed(1).padStart(6)} µs   ${ratios.join('  ')}\n`);
}

async function cpuUs(): Promise<number> {
  const info = await operator.info('cpu');
  const read = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return (read('used_cpu_user') + read('used_cpu_sys')) * 1_000_000;
}
