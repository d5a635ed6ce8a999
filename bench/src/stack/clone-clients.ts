import type { ClientRecord, KeyRecord } from '@keyward/contract/projection';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { openProjectionStore } from '@keyward/stores/open-shards';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { waitUntil } from '@keyward/tests/backends/wait-until';

interface Cloning {
  redisUrl: string;
  pepper: string;
  /** The raw key of a client that is as all of them shall be. */
  like: string;
  count: number;
}

interface Model {
  environmentId: string;
  key: KeyRecord;
  client: ClientRecord;
}

const atOnce = 500;

/**
 * Clients that validators know and Postgres does not, for where there are so many that making them would take longer than measuring:
 * their records are those of one that was made. Answers their raw keys.
 */
export async function cloneClients({ redisUrl, pepper, like, count }: Cloning): Promise<string[]> {
  if (count === 0) return [];
  await using store = await openProjectionStore(redisUrl);
  const digestOf = (raw: string) =>
    keyDigest({
      pepper: Buffer.from(pepper),
      domain: 'customer',
      canonical: canonicalKey(raw)?.canonical ?? '',
    }).toString('base64url');
  const digest = digestOf(like);
  const model = await waitUntil(() => findModel(store, digest), { what: 'the first client', timeoutMs: 30_000 });
  const secret = newId();
  const keys: string[] = [];
  while (keys.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - keys.length) }, () => newKey(secret));
    await write(store, model, some.map(digestOf));
    keys.push(...some);
  }
  return keys;
}

async function findModel(store: ProjectionStore, digest: string): Promise<Model | undefined> {
  const clients = new Map<string, ClientRecord>();
  let found: Omit<Model, 'client'> | undefined;
  for await (const records of store.scanRecords())
    for (const held of records) {
      if (held.kind === 'client') clients.set(held.record.clientId, held.record);
      if (held.kind === 'key' && held.digest === digest)
        found = { environmentId: held.environmentId, key: held.record };
    }
  const client = found && clients.get(found.key.clientId);
  return found && client && { ...found, client };
}

function newKey(secret: string): string {
  const claims = { tid: newId(), scp: [], env: 'production' };
  return issueSignedKey({ claims, secret, nowMs: systemClock.nowMs() }).key;
}

/** A client of its own for each key. Versions come last: they say that what they are of is there. */
async function write(
  store: ProjectionStore,
  { environmentId, key, client }: Model,
  digests: readonly string[],
): Promise<void> {
  const made = digests.map((digest) => ({ digest, keyId: newId(), clientId: newId() }));
  const records = made.map(({ digest, keyId, clientId }) => ({
    digest,
    record: { ...key, keyId, clientId, familyId: keyId },
  }));
  await store.putKeys(environmentId, records);
  const { tenant: _, ...nameless } = client;
  await Promise.all(made.map(({ clientId }) => store.putClient(environmentId, { ...nameless, clientId })));
  await Promise.all(made.map(({ clientId }) => store.putClientVersion(clientId, client.version)));
}
