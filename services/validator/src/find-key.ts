import type { KeyRecord } from '@keyward/contract/projection';
import type { AskedKey } from './asked-key.ts';
import type { DecisionMetrics } from './decision-metrics.ts';
import type { FoundKey } from './found-key.ts';
import type { KeyDigests } from './key-digests.ts';
import type { KeyRecords } from './key-records.ts';
import type { ServerKeyContext } from './server-key-contexts.ts';
import type { SignedKeys } from './signed-keys.ts';

export type Found =
  /** `asked` by the digest that it is known by. */
  | { kind: 'known'; key: FoundKey; asked: AskedKey }
  | { kind: 'unknown' }
  /** No more clients may make themselves known today. */
  | { kind: 'full' }
  | { kind: 'stale'; subject: 'environment'; version: number }
  | { kind: 'incomplete' };

interface Keys {
  keys: KeyRecords;
  signedKeys: SignedKeys;
}

/** What this process holds of a key, without asking the store. */
export function heldKey(from: Keys, context: ServerKeyContext, asked: AskedKey): FoundKey | undefined {
  for (const each of spellings(asked)) {
    const held = heldAs(from, context, each);
    if (held) return held;
  }
  return undefined;
}

function heldAs({ keys, signedKeys }: Keys, context: ServerKeyContext, asked: AskedKey): FoundKey | undefined {
  return keys.held(context.environment.environmentId, asked.digest) ?? signedKeys.held(context, asked);
}

/** The key by each digest that it may be known by. */
function spellings(asked: AskedKey): AskedKey[] {
  return [asked, ...asked.otherDigests.map((digest) => ({ ...asked, digest, otherDigests: [] }))];
}

export function forgetKey({ keys, signedKeys }: Keys, environmentId: string, asked: AskedKey): void {
  keys.forget(environmentId, asked.digest);
  signedKeys.forget(environmentId, asked);
}

/** The key's record, from this process or from the store. A key without one is judged by the newest environment only. */
export async function findKey(
  from: Parameters<typeof findAs>[0],
  context: ServerKeyContext,
  asked: AskedKey,
): Promise<Found> {
  let found: Found = { kind: 'unknown' };
  for (const each of spellings(asked)) {
    found = await findAs(from, context, each);
    if (found.kind !== 'unknown') break;
  }
  return found;
}

async function findAs(
  from: Keys & { metrics: Pick<DecisionMetrics, 'lookedUp'>; digests: Pick<KeyDigests, 'learn'> },
  context: ServerKeyContext,
  asked: AskedKey,
): Promise<Found> {
  const held = heldAs(from, context, asked);
  from.metrics.lookedUp(held ? 'hit' : 'miss');
  if (held && isWithin(context, held)) return { kind: 'known', key: held, asked };
  if (held) forgetKey(from, context.environment.environmentId, asked); // its template may be deleted by now
  const { environmentVersion, record } = await from.keys.read(context.environment, asked.digest);
  if (environmentVersion === undefined) return { kind: 'incomplete' };
  if (environmentVersion > context.environmentVersion)
    return { kind: 'stale', subject: 'environment', version: environmentVersion };
  if (record) {
    from.digests.learn('customer', asked.raw);
    return known(context, asked, record);
  }
  const signed = await from.signedKeys.find(context, asked);
  if (signed.kind !== 'known') return signed;
  from.digests.learn('customer', asked.raw);
  return known(context, asked, signed.key);
}

/** A template that this environment does not hold is no licence: the environment, or the key, is older than the other. */
export function isWithin({ environment }: ServerKeyContext, key: KeyRecord): boolean {
  return key.templateId === undefined || key.templateId in environment.templates;
}

function known(context: ServerKeyContext, asked: AskedKey, key: FoundKey): Found {
  if (isWithin(context, key)) return { kind: 'known', key, asked };
  return { kind: 'stale', subject: 'environment', version: context.environmentVersion };
}
