import type { NewKeyRow } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { KeySighting } from '@keyward/stores/postgres/sighting-queue';
import { newKeyColumns } from '../clients/new-key-columns.ts';
import { customerKeyPrefix } from '../key-prefixes.ts';
import { lastMomentMs } from '../last-moment.ts';

interface SightedKey {
  environment: EnvironmentRow;
  clientId: string;
  sighting: KeySighting;
  now: Date;
}

const maxNameCharacters = 200;

/** The row of a key that registers itself. Nobody has the key at hand: it is recognised by the id that it states. */
export function sightedKeyRow({ environment, clientId, sighting, now }: SightedKey): NewKeyRow {
  const { facts } = sighting;
  const expiresAt = timeOf(facts.expiresAtMs);
  const input = { name: nameOf(sighting), scopes: facts.scopes, metadata: { claimedId: facts.claimedId } };
  return {
    id: sighting.key_id,
    organization_id: environment.organization_id,
    environment_id: environment.id,
    client_id: clientId,
    ...newKeyColumns(input, { notBefore: timeOf(facts.notBeforeMs), expiresAt }),
    prefix: customerKeyPrefix,
    key_prefix: `${customerKeyPrefix}_…`,
    digest: sighting.digest,
    status: 'active',
    claimed_expires_at: expiresAt,
    signing_secret_id: facts.secretId ?? null,
    created_at: now,
    updated_at: now,
  };
}

/** What the application calls it, or else what it calls itself. */
function nameOf({ name, facts }: KeySighting): string {
  const text = (name ?? '').replaceAll('\0', '').toWellFormed() || facts.claimedId;
  return [...text].slice(0, maxNameCharacters).join('');
}

function timeOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(Math.min(ms, lastMomentMs));
}
