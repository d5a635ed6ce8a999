import { derivedClientId } from '@keyward/keyformat/derived-ids';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { findKnownClientIds, raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { KeySighting } from '@keyward/stores/postgres/sighting-queue';
import { readTenantProjections } from '@keyward/stores/postgres/tenants';
import type { Change } from '../changes/change.ts';
import { clientCreated } from '../clients/client-events.ts';
import { insertNewClient } from '../clients/insert-new-client.ts';
import { nameChanged } from '../clients/tenants.ts';
import { findPlace } from '../projects/require-place.ts';
import { readSettings } from '../projects/settings.ts';

interface SightedClient {
  environment: EnvironmentRow;
  /** The client of these sightings. */
  clientId: string;
  sightings: readonly KeySighting[];
}

/**
 * Raises the version of the client that the events named, or makes it if validators derived it from a name that nobody has;
 * `gone`: it is no more, or the name is another client's by now; `full`: the template for new clients takes no more of them,
 * so this one stays what it is to the validators, with that template's limits. Its names are locked.
 */
export async function noteSightedClient(
  change: Change,
  { environment, clientId, sightings }: SightedClient,
): Promise<'noted' | 'gone' | 'full'> {
  const { transaction, now } = change;
  const environmentId = environment.id;
  if (await raiseClientVersion(transaction, environmentId, clientId, now)) {
    await change.note({ environmentId, clientId });
    return 'noted';
  }
  const names = sightings.map(({ facts }) => facts.tenant);
  const name = names.find((each) => derivedClientId(tenantDigest(environmentId, each)) === clientId);
  const version = name === undefined ? undefined : await nextVersion(change, { environment, clientId, name });
  if (name === undefined || version === undefined) return 'gone';
  const { defaultTemplateId: templateId } = readSettings(environment).settings;
  if (templateId && (await findPlace(transaction, { environmentId, id: templateId })).kind === 'full') return 'full';
  const options = { environment, input: { name, templateId }, source: 'sdk', now } as const;
  const client = await insertNewClient(transaction, options, { id: clientId, version });
  await change.note({ environmentId, clientId });
  await nameChanged(change, { client, name });
  change.emit(clientCreated(client));
  change.record({
    action: 'client.register',
    subject: { kind: 'client', id: clientId },
    environmentId,
    after: { name },
  });
  return 'noted';
}

/**
 * The first version of a client that was derived until now, whose version was that of its name; undefined: the name is or was
 * somebody's.
 */
async function nextVersion(
  { transaction, now }: Change,
  { environment, clientId, name }: Omit<SightedClient, 'sightings'> & { name: string },
): Promise<number | undefined> {
  const digest = tenantDigest(environment.id, name);
  const [tenant] = await readTenantProjections(transaction, environment.id, [digest]);
  const { version = 0, clientIds = [], deletedClientId } = tenant?.record ?? {};
  if (clientIds.length > 0 || deletedClientId !== undefined) return undefined;
  const known = await findKnownClientIds(transaction, environment.id, [clientId]);
  if (known.has(clientId)) return undefined;
  return Math.max(version + 1, now.getTime());
}
