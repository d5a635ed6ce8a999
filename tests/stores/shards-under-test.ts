import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { newId } from '@keyward/kit/random';
import { openDecisionStore, openOutbox, openProjectionStore } from '@keyward/stores/open-shards';
import type { DecideCommand, DecisionStore } from '@keyward/stores/ports/decision-store';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import type { RedisUser } from '@keyward/stores/redis/acl-rules';
import { allShards } from '@keyward/stores/shards';
import { confirmRedis } from '@keyward/tests/backends/confirm-redis';
import { asRedisUser } from '@keyward/tests/backends/redis-users';

/** The three ports to the shards, on one URL. */
export interface ShardsUnderTest extends AsyncDisposable {
  store: DecisionStore;
  projection: ProjectionStore;
  outbox: Outbox;
}

/** @param url of shards that may decide at once: of a Redis that is confirmed. */
export async function openShards(url: string): Promise<ShardsUnderTest> {
  if (!url.startsWith('memory:')) await confirmRedis(url);
  await using opening = new AsyncDisposableStack();
  const [deciding, managing] = await Promise.all([urlFor(url, 'validator'), urlFor(url, 'admin-api')]);
  const store = opening.use(await openDecisionStore(deciding));
  const projection = opening.use(await openProjectionStore(managing));
  const outbox = opening.use(await openOutbox(deciding));
  const opened = opening.move();
  return { store, projection, outbox, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/**
 * The URL for a service that may do there only what it has to, so that whatever a suite does is seen to be allowed. A Redis of the
 * test's own, which it restarts, forgets its users.
 */
export async function urlFor(url: string, user: RedisUser): Promise<string> {
  return url.includes('prefix=') ? asRedisUser(url, user) : url;
}

export const toleranceMs = 300_000;

export function keyRecord(fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    version: 1,
    keyId: newId(),
    clientId: newId(),
    status: 'active',
    clientStatus: 'active',
    clientIps: [],
    keyIps: [],
    scopes: [],
    familyId: newId(),
    limits: {},
    ...fields,
  };
}

export function serverKeyRecord(fields: Partial<ServerKeyRecord> = {}): ServerKeyRecord {
  return { version: 1, serverKeyId: newId(), environmentId: newId(), status: 'active', ...fields };
}

export function environmentRecord(fields: Partial<EnvironmentRecord> = {}): EnvironmentRecord {
  return {
    version: 1,
    environmentId: newId(),
    projectEnv: 'shop-production',
    status: 'active',
    settings: defaultSettings,
    templates: {},
    endpoints: [],
    requestKeys: [],
    signingSecrets: [],
    ...fields,
  };
}

/** A request of now that the rules allowed, by records of version 1. */
export function decideCommand(fields: Partial<DecideCommand> = {}): DecideCommand {
  const eventId = fields.eventId ?? newId();
  const environmentId = fields.environmentId ?? newId();
  const clientId = fields.clientId ?? newId();
  return {
    environmentId,
    clientId,
    environmentVersion: 1,
    clientVersion: 1,
    eventId,
    replayId: undefined,
    requestedAtMs: Date.now(),
    toleranceMs,
    cost: 1,
    keyFamilyId: newId(),
    keyLimits: {},
    clientLimits: {},
    environmentLimits: {},
    isUse: true,
    tellsUses: false,
    verdict: 'ALLOWED',
    event: JSON.stringify({
      id: eventId,
      environmentId,
      clientId,
      keyId: newId(),
      methodPath: 'GET:/ünïcode/"\u{1F511}"',
      name: 'a|b',
      userAgent: 'agent/1',
      durationUs: 42,
    }),
    ...fields,
  };
}

/** A client of an environment that both stand at version 1, in shards that are complete. */
export async function seedClient(projection: ProjectionStore): Promise<{ environmentId: string; clientId: string }> {
  const environmentId = newId();
  const clientId = newId();
  await projection.completeRebuild(await projection.beginRebuild());
  await projection.putClientVersion(clientId, 1);
  await projection.putEnvironmentVersion(environmentId, 1);
  return { environmentId, clientId };
}

/** Everything that waits in all outboxes. */
export async function outboxEntries(outbox: Outbox): Promise<OutboxEntry[]> {
  const entries = await Promise.all(allShards.map((shard) => outbox.read([shard], 100_000)));
  return entries.flat();
}
