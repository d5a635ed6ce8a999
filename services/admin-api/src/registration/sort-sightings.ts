import { Name } from '@keyward/contract/fields';
import { SignedKeyFacts } from '@keyward/contract/validation-event';
import { derivedKeyId } from '@keyward/keyformat/derived-ids';
import { isStorableText } from '@keyward/kit/stored-text';
import { compileValidator } from '@keyward/kit/validation';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { countSelfRegistered, type KeySighting, knownDigests } from '@keyward/stores/postgres/sighting-queue';
import { listSigningSecrets } from '@keyward/stores/postgres/signing-secrets';
import { readSettings } from '../projects/settings.ts';

export interface SortedSightings {
  toRegister: KeySighting[];
  /** Their clients have as many keys as may register themselves. */
  over: KeySighting[];
  /** They were not told of by a validator of ours, or hold what Postgres refuses. */
  faulty: KeySighting[];
  /** Registered or deleted meanwhile, at their end, or such keys are refused by now, as are all that their secret has signed. */
  past: KeySighting[];
}

interface SortOptions {
  environment: EnvironmentRow;
  sightings: readonly KeySighting[];
  maxPerClient: number;
  now: Date;
}

const facts = compileValidator(SignedKeyFacts);
const name = compileValidator(Name);

/** Says of each sighting what is to become of it. */
export async function sortSightings(
  transaction: Database,
  { environment, sightings, maxPerClient, now }: SortOptions,
): Promise<SortedSightings> {
  const sorted: SortedSightings = { toRegister: [], over: [], faulty: [], past: [] };
  if (sightings.length === 0) return sorted;
  const isRefused = readSettings(environment).settings.locallySignedKeys === 'refuse';
  const secretIds = new Set((await listSigningSecrets(transaction, environment.id)).map(({ id }) => id));
  const digests = sightings.map(({ digest }) => digest);
  const { registered, deleted } = await knownDigests(transaction, environment.id, digests);
  const clientIds = [...new Set(sightings.map(({ client_id }) => client_id))];
  const kept = await countSelfRegistered(transaction, clientIds);
  for (const sighting of sightings) {
    const digest = sighting.digest.toString('base64url');
    const isKnown = registered.has(digest) || deleted.has(digest);
    const count = kept.get(sighting.client_id) ?? 0;
    if (!isSound(sighting)) sorted.faulty.push(sighting);
    else if (isRefused || isKnown || isOver(sighting, now) || !isSigned(sighting, secretIds))
      sorted.past.push(sighting);
    else if (count >= maxPerClient) sorted.over.push(sighting);
    else {
      kept.set(sighting.client_id, count + 1);
      sorted.toRegister.push(sighting);
    }
  }
  return sorted;
}

function isSound(sighting: KeySighting): boolean {
  const digest = sighting.digest.toString('base64url');
  if (!facts.check(sighting.facts) || !name.check(sighting.facts.tenant)) return false;
  const { tenant, claimedId, scopes } = sighting.facts;
  const isOfTheKey =
    sighting.facts.digest === digest && sighting.key_id === derivedKeyId(sighting.environment_id, digest);
  return isOfTheKey && [tenant, claimedId, ...scopes].every(isStorableText);
}

/** Events of before say nothing of the secret. */
function isSigned({ facts: { secretId } }: KeySighting, secretIds: ReadonlySet<string>): boolean {
  return secretId === undefined || secretIds.has(secretId);
}

function isOver({ facts: { expiresAtMs } }: KeySighting, now: Date): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= now.getTime();
}
