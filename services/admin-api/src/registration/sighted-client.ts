import { derivedClientId } from '@keyward/keyformat/derived-ids';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { findKnownClientIds, raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { KeySighting } from '@keyward/stores/postgres/sighting-queue';
import { readTenantProjections } from '@keyward/stores/postgres/tenants';
import type { Administration } from '../administration.ts';
import { insertNewClient } from '../clients/insert-new-client.ts';
import { nameChanged } from '../clients/tenants.ts';
import type { ConfigNote } from '../projection/projector.ts';
import { readSettings } from '../projects/settings.ts';

interface SightedClient {
  transaction: Database;
  environment: EnvironmentRow;
  /** The client of these sightings. */
  clientId: string;
  sightings: readonly KeySighting[];
  now: Date;
}

/**
 * Raises the version of the client that the events named, or makes it if validators derived it from a name that nobody has;
 * undefined: it is no more, or the name is another client's by now. Its names are locked.
 */
export async function sightedClient(
  administration: Administration,
  { transaction, environment, clientId, sightings, now }: SightedClient,
): Promise<{ notes: ConfigNote[] } | undefined> {
  const known = await raiseClientVersion(transaction, environment.id, clientId, now);
  const change = { environmentId: environment.id, clientId };
  if (known) return { notes: [await administration.projector.note(transaction, change)] };
  const names = sightings.map(({ facts }) => facts.tenant);
  const name = names.find((each) => derivedClientId(tenantDigest(environment.id, each)) === clientId);
  const version = name === undefined ? undefined : await nextVersion(transaction, { environment, clientId, name, now });
  if (name === undefined || version === undefined) return undefined;
  const { defaultTemplateId: templateId } = readSettings(environment).settings;
  const options = { environment, input: { name, templateId }, source: 'sdk', now } as const;
  const client = await insertNewClient(transaction, options, { id: clientId, version });
  return {
    notes: [
      await administration.projector.note(transaction, change),
      ...(await nameChanged(administration, { transaction, client, name, now })),
    ],
  };
}

/**
 * The first version of a client that was derived until now, whose version was that of its name; undefined: the name is or was
 * somebody's.
 */
async function nextVersion(
  transaction: Database,
  { environment, clientId, name, now }: Omit<SightedClient, 'sightings' | 'transaction'> & { name: string },
): Promise<number | undefined> {
  const digest = tenantDigest(environment.id, name);
  const [tenant] = await readTenantProjections(transaction, environment.id, [digest]);
  const { version = 0, clientIds = [], deletedClientId } = tenant?.record ?? {};
  if (clientIds.length > 0 || deletedClientId !== undefined) return undefined;
  const known = await findKnownClientIds(transaction, environment.id, [clientId]);
  if (known.has(clientId)) return undefined;
  return Math.max(version + 1, now.getTime());
}
