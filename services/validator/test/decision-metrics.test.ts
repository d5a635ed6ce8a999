import { StoreAway } from '@keyward/stores/store-away';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { decideRequest } from '../src/decide-request.ts';
import { DecisionMetrics } from '../src/decision-metrics.ts';
import { decidingOn, playing, SeededShards } from './seeded-shards.ts';
import { ask, startValidator } from './validator-fixture.ts';

test('a validator counts decisions by their verdict, what L1 held, and the time of the script', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await startValidator(shards);
  const unknown = { headers: { 'x-api-key': `apikee_${'a'.repeat(32)}.unknown1` } };
  for (const fields of [{}, {}, {}, unknown, { serverKey: 'sk_live_not' }])
    await ask(validator.url, [shards.request(fields)]);
  const text = await (await fetch(`${validator.url}/metrics`)).text();
  for (const line of [
    'keyward_decisions_total{verdict="ALLOWED"} 3',
    'keyward_decisions_total{verdict="INVALID_KEY"} 1',
    'keyward_decisions_total{verdict="UNAUTHENTICATED"} 1',
    'keyward_decision_seconds_count 5',
    'keyward_decision_script_seconds_count 3',
    'keyward_key_cache_lookups_total{result="hit"} 2',
    'keyward_key_cache_lookups_total{result="miss"} 2',
    'keyward_decisions_degraded_total 0',
    'keyward_store_away_shards 0',
  ])
    expect(text.split('\n')).toContain(line);
  for (const secret of [shards.serverKey, shards.customerKey, shards.clientId]) expect(text).not.toContain(secret);
});

test('decisions that were made again, in vain, without Redis or by a policy are told apart', async () => {
  await using shards = await SeededShards.complete();
  const registry = new Registry();
  const metrics = new DecisionMetrics(registry, { awayShards: () => 7 });
  const stale = async () => ({ kind: 'stale', subject: 'client', version: 99 }) as const;
  const deciding = { ...decidingOn(playing(shards.store, { decide: stale })), metrics };
  metrics.decided(await decideRequest(deciding, shards.request()), 1_500);
  deciding.store.decide = () => Promise.reject(new StoreAway(new Error('away')));
  const degraded = { ...deciding, failurePolicy: { verdict: () => 'ALLOWED' as const } };
  metrics.decided(await decideRequest(degraded, shards.request()), 1);
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toContain('keyward_decision_retries_total 15');
  expect(lines).toContain('keyward_decisions_total{verdict="UNAVAILABLE"} 1');
  expect(lines).toContain('keyward_decisions_total{verdict="ALLOWED"} 1');
  expect(lines).toContain('keyward_decisions_degraded_total 1');
  expect(lines).toContain('keyward_store_away_shards 7');
  expect(lines).toContain('keyward_decision_seconds_sum 1.501');
});
