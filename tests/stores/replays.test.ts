import { newId } from '@keyward/kit/random';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { decideCommand, openShards, outboxEntries, seedClient } from './shards-under-test.ts';

describeRedisBackends('an envelope that comes again', (backend) => {
  it('is refused by the newest environment only, which may allow it', async () => {
    await using shards = await openShards(await backend.url());
    const { store, projection, outbox } = shards;
    const { environmentId, clientId } = await seedClient(projection);
    const first = decideCommand({ environmentId, clientId, replayId: 'envelope' });
    const again = () => decideCommand({ environmentId, clientId, replayId: 'envelope', eventId: newId() });
    expect(await store.decide(first)).toEqual({ kind: 'decided', verdict: 'ALLOWED' });
    await projection.putEnvironmentVersion(environmentId, 2);
    expect(await store.decide(again())).toEqual({ kind: 'stale', subject: 'environment', version: 2 });
    expect(await outboxEntries(outbox)).toHaveLength(1);
    const current = { ...again(), environmentVersion: 2 };
    expect(await store.decide(current)).toEqual({ kind: 'decided', verdict: 'REPLAYED' });
    expect(await store.decide(first), 'its own retry').toEqual({ kind: 'decided', verdict: 'ALLOWED' });
    await projection.putEnvironmentVersion(environmentId, 3);
    expect(await store.decide(current), 'its own retry, too').toEqual({ kind: 'decided', verdict: 'REPLAYED' });
    expect(await outboxEntries(outbox)).toHaveLength(2);
  });
});
