import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import { decisionIn } from '@keyward/contract/pipeline-event';
import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { type DigestDomain, keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { SecretBox } from '@keyward/kit/secret-box';
import { memoryShards } from '@keyward/stores/memory/memory-shards';
import { openDecisionStore, openOutbox, openProjectionStore } from '@keyward/stores/open-shards';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';
import type { Outbox } from '@keyward/stores/ports/outbox';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { allShards } from '@keyward/stores/shards';
import { Registry } from 'prom-client';
import type { Deciding } from '../src/decide-request.ts';
import { DecisionMetrics } from '../src/decision-metrics.ts';
import { ImportedKeys } from '../src/imported-keys.ts';
import { KeyDigests } from '../src/key-digests.ts';
import { KeyRecords } from '../src/key-records.ts';
import { RefusalCounts } from '../src/refusal-counts.ts';
import { ServerKeyContexts } from '../src/server-key-contexts.ts';
import { SignedKeys } from '../src/signed-keys.ts';
import { SigningSecrets } from '../src/signing-secrets.ts';

export const pepper = 'pepper-of-the-tests-and-of-nothing-else';
export const projectionKey = Buffer.alloc(32, 7).toString('base64');
export const projectEnv = 'shop-production';

/** A signing secret as an environment's record holds it. */
export function sealedSecret(text: string): { id: string; sealed: string } {
  const id = newId();
  return { id, sealed: new SecretBox(projectionKey).seal(text, id).toString('base64url') };
}

export function digestOf(raw: string, domain: DigestDomain = 'customer'): string {
  const key = canonicalKey(raw);
  if (!key) throw new Error('this test needs a well-formed key');
  return keyDigest({ pepper: Buffer.from(pepper), domain, canonical: key.canonical }).toString('base64url');
}

/** Shards in memory that hold one environment with one server key, one client and one key; as the admin-api writes them. */
export class SeededShards {
  readonly url = `memory:${newId()}`;
  readonly environmentId = newId();
  readonly clientId = newId();
  readonly keyId = newId();
  readonly serverKey = issueOpaqueKey('sk_live');
  readonly customerKey = `apikee_${newId().replaceAll('-', '')}.Sig${newId().slice(0, 8)}`;
  readonly store: DecisionStore;
  readonly projection: ProjectionStore;
  readonly outbox: Outbox;
  #version = 1;

  private constructor(stores: { url: string; store: DecisionStore; projection: ProjectionStore; outbox: Outbox }) {
    this.url = stores.url;
    this.store = stores.store;
    this.projection = stores.projection;
    this.outbox = stores.outbox;
  }

  /** Nothing is projected yet. */
  static async open(): Promise<SeededShards> {
    const url = `memory:${newId()}`;
    const [store, projection, outbox] = [openDecisionStore(url), openProjectionStore(url), openOutbox(url)];
    return new SeededShards({ url, store: await store, projection: await projection, outbox: await outbox });
  }

  static async complete(): Promise<SeededShards> {
    const shards = await SeededShards.open();
    await shards.projection.completeRebuild(await shards.projection.beginRebuild());
    await shards.changeKey({});
    await shards.changeEnvironment({});
    return shards;
  }

  /** Writes the key's record, then the client's version: done when it resolves. */
  async changeKey(fields: Partial<KeyRecord>, raw = this.customerKey): Promise<void> {
    const { clientId, keyId } = this;
    const version = this.#nextVersion();
    const record: KeyRecord = {
      version,
      keyId,
      clientId,
      status: 'active',
      clientStatus: 'active',
      clientIps: [],
      keyIps: [],
      scopes: [],
      familyId: keyId,
      limits: {},
      ...fields,
    };
    await this.projection.putKeys(this.environmentId, [{ digest: digestOf(raw), record }]);
    await this.projection.putClientVersion(record.clientId, version);
  }

  /** Writes the environment and its server key, then the environment's version. */
  async changeEnvironment(fields: Partial<EnvironmentRecord>, serverKey: Partial<ServerKeyRecord> = {}): Promise<void> {
    const { environmentId } = this;
    const version = this.#nextVersion();
    await this.projection.putServerKeys([
      {
        digest: digestOf(this.serverKey, 'server'),
        record: { version, serverKeyId: newId(), environmentId, status: 'active', ...serverKey },
      },
    ]);
    await this.projection.putEnvironment({
      version,
      environmentId,
      projectEnv,
      status: 'active',
      settings: defaultSettings,
      templates: {},
      endpoints: [],
      requestKeys: [],
      signingSecrets: [],
      ...fields,
    });
    await this.projection.putEnvironmentVersion(environmentId, version);
  }

  request(fields: Partial<DecisionRequest> = {}): DecisionRequest {
    return {
      eventId: newId(),
      serverKey: this.serverKey,
      clientId: 'self',
      methodPath: 'GET:/users',
      timestampMs: systemClock.nowMs(),
      headers: { 'x-api-key': this.customerKey },
      elapsedUs: 100,
      cost: 1,
      ...fields,
    };
  }

  async events() {
    const entries = await Promise.all(allShards.map((shard) => this.outbox.read([shard], 10_000)));
    return entries.flat().map(({ event }) => decisionIn(event));
  }

  /** Everybody else who has opened the URL keeps it alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of [this.store, this.projection, this.outbox]) await store[Symbol.asyncDispose]();
  }

  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }
}

/** What a validator process decides with, caches empty. */
export function decidingOn(store: DecisionStore): Deciding {
  return {
    store,
    serverKeys: new ServerKeyContexts(store),
    keys: new KeyRecords(store, 1_000),
    signedKeys: new SignedKeys({ store, secrets: new SigningSecrets(projectionKey), size: 1_000 }),
    refusals: new RefusalCounts({ store, warn: () => undefined }),
    digests: new KeyDigests({
      pepper: Buffer.from(pepper),
      imported: new ImportedKeys({ pepper: Buffer.from(pepper), projectionKey }),
      size: 1_000,
    }),
    clock: systemClock,
    failurePolicy: { verdict: () => undefined },
    metrics: new DecisionMetrics(new Registry(), { awayShards: () => 0 }),
    warnStoreAway: () => undefined,
  };
}

/** The store, with some of its methods played by the test. */
export function playing(store: DecisionStore, parts: Partial<DecisionStore>): DecisionStore {
  return {
    readServerKey: (digest) => store.readServerKey(digest),
    readEnvironment: (environmentId) => store.readEnvironment(environmentId),
    readEnvironmentVersion: (environmentId) => store.readEnvironmentVersion(environmentId),
    readKey: (environmentId, digest) => store.readKey(environmentId, digest),
    readClient: (environmentId, clientId) => store.readClient(environmentId, clientId),
    readTenant: (environmentId, digest) => store.readTenant(environmentId, digest),
    refuseUnknown: (unknown) => store.refuseUnknown(unknown),
    countRefusals: (batch) => store.countRefusals(batch),
    admitClient: (client) => store.admitClient(client),
    decide: (command) => store.decide(command),
    probe: (shard) => store.probe(shard),
    ready: () => store.ready(),
    [Symbol.asyncDispose]: async () => undefined,
    ...parts,
  };
}

/** What these shards have counted for an environment of refusals that make no event, by code, and have not given away. */
export async function countedRefusals({ url }: SeededShards, environmentId: string): Promise<Record<string, number>> {
  await using shared = await memoryShards.acquire(url);
  const counted: Record<string, number> = {};
  const counts = allShards.flatMap((shard) => shared.instance.refusalsOf(shard));
  for (const { environmentId: of, code, count } of counts)
    if (of === environmentId) counted[code] = (counted[code] ?? 0) + count;
  return counted;
}

/** The verdict of a reply, or why there is none. */
export function outcomeOf(reply: DecisionReply | undefined): string | undefined {
  return reply?.kind === 'decided' ? reply.verdict : reply?.kind;
}
