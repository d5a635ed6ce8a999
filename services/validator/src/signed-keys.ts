import type { ClientRecord } from '@keyward/contract/projection';
import type { KeyClaims } from '@keyward/keyformat/claims';
import { derivedClientId, derivedKeyId } from '@keyward/keyformat/derived-ids';
import { verifySignedKey } from '@keyward/keyformat/signed-key';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import type { DecisionStore, Lookup } from '@keyward/stores/ports/decision-store';
import { LRUCache } from 'lru-cache';
import type { AskedKey } from './asked-key.ts';
import type { Found } from './find-key.ts';
import type { FoundKey } from './found-key.ts';
import type { ServerKeyContext } from './server-key-contexts.ts';
import { lifetimeOf, signedKeyFacts } from './signed-key-facts.ts';
import type { SigningSecrets } from './signing-secrets.ts';

interface SignedKeysOptions {
  store: DecisionStore;
  secrets: SigningSecrets;
  /** How many are kept in the process. */
  size: number;
}

interface Kept {
  key: FoundKey;
  /** What it was verified by. */
  environmentVersion: number;
}

/**
 * Customer keys without a record that one of the environment's secrets has signed (wire.md §2.5). The client is the one
 * in the URL, else the one whose name the key states; when nobody has that name, a client is derived from it, so that
 * every validator comes to the same one.
 */
export class SignedKeys {
  readonly #store: DecisionStore;
  readonly #secrets: SigningSecrets;
  readonly #known: LRUCache<string, Kept>;
  /** Keys that were found to be out of date, and not been found anew. */
  readonly #doubted: LRUCache<string, true>;

  constructor({ store, secrets, size }: SignedKeysOptions) {
    this.#store = store;
    this.#secrets = secrets;
    this.#known = new LRUCache({ max: size });
    this.#doubted = new LRUCache({ max: size });
  }

  /** A key that this process has verified by the environment's present version; whether its client is current, the script says. */
  held({ environment, environmentVersion }: ServerKeyContext, asked: AskedKey): FoundKey | undefined {
    const kept = this.#known.get(idOf(environment.environmentId, asked));
    return kept?.environmentVersion === environmentVersion ? kept.key : undefined;
  }

  forget(environmentId: string, asked: AskedKey): void {
    this.#known.delete(idOf(environmentId, asked));
    this.#doubted.set(idOf(environmentId, asked), true);
  }

  /**
   * What the signature alone says of a key, for the failure policy `open` while nobody can be asked whose it is: its
   * lifetime and scopes, and the client that it names. Nothing is known of that client, neither its addresses nor its
   * limits, nor whether the key was revoked; but of one that this process knows to have changed nothing is assumed.
   */
  assumed(context: ServerKeyContext, asked: AskedKey): FoundKey | undefined {
    const { environmentId, settings } = context.environment;
    if (settings.locallySignedKeys === 'refuse' || this.#doubted.has(idOf(environmentId, asked))) return undefined;
    const verified = verifySignedKey(asked.raw, this.#secrets.of(context.environment));
    if (!verified) return undefined;
    const { claims, secretIndex } = verified;
    const clientId =
      asked.clientId === 'self' ? derivedClientId(tenantDigest(environmentId, claims.tid)) : asked.clientId;
    return keyOf(context, { asked, claims, secretIndex, client: { version: 0, clientId, status: 'active', ips: [] } });
  }

  async find(context: ServerKeyContext, asked: AskedKey): Promise<Found> {
    const { environment, environmentVersion } = context;
    if (environment.settings.locallySignedKeys === 'refuse') return { kind: 'unknown' };
    const verified = verifySignedKey(asked.raw, this.#secrets.of(environment));
    if (!verified) return { kind: 'unknown' };
    const found = await this.#clientOf(context, asked, verified.claims.tid);
    if (found.kind !== 'client') return found;
    const key = keyOf(context, { asked, ...verified, client: found.client });
    this.#doubted.delete(idOf(environment.environmentId, asked));
    if (found.isLasting) this.#known.set(idOf(environment.environmentId, asked), { key, environmentVersion });
    return { kind: 'known', key, asked };
  }

  async #clientOf(context: ServerKeyContext, asked: AskedKey, tenant: string): Promise<FoundClient> {
    const { environmentId } = context.environment;
    const digest = tenantDigest(environmentId, tenant);
    // A client that nobody registered is known to the application by the id that it was answered.
    const isByName = asked.clientId === 'self' || asked.clientId === derivedClientId(digest);
    if (!isByName) return this.#registered(context, asked.clientId, { kind: 'unknown' });
    const looked = await this.#store.readTenant(environmentId, digest.toString('base64url'));
    const outdated = outOfDate(context, looked);
    if (outdated) return outdated;
    const { version = 0, clientIds = [], deletedClientId } = looked.record ?? {};
    if (clientIds.length > 1) return { kind: 'unknown' };
    const clientId = clientIds[0] ?? deletedClientId;
    if (clientId === undefined) return this.#derived(context, { clientId: derivedClientId(digest), version });
    return this.#named(context, clientId, digest.toString('base64url'));
  }

  /**
   * The client that was found by its name. Its own record may be newer than the name's, and say that the client is called
   * otherwise by now, or not alone any more; its version then tells nobody to look again, so that is done now.
   */
  async #named(context: ServerKeyContext, clientId: string, digest: string): Promise<FoundClient> {
    // A client is written before its name is, so one that is not there was lost.
    const named = await this.#registered(context, clientId, { kind: 'incomplete' });
    if (named.kind !== 'client' || !named.client.tenant) return named;
    const { tenant } = named.client;
    const isCurrent = tenant.digest === digest && !tenant.isShared;
    return isCurrent ? named : { kind: 'stale', subject: 'environment', version: context.environmentVersion };
  }

  async #registered(context: ServerKeyContext, clientId: string, missing: FoundClient): Promise<FoundClient> {
    const looked = await this.#store.readClient(context.environment.environmentId, clientId);
    const outdated = outOfDate(context, looked);
    if (outdated || !looked.record) return outdated ?? missing;
    // Nothing would tell that another client has got the name of one that was deleted.
    return { kind: 'client', client: looked.record, isLasting: looked.record.status !== 'deleted' };
  }

  /** The version is that of the name, with which the derived client's own is raised. */
  async #derived(
    context: ServerKeyContext,
    { clientId, version }: Pick<ClientRecord, 'clientId' | 'version'>,
  ): Promise<FoundClient> {
    const { environmentVersion, environment } = context;
    const { environmentId, settings } = environment;
    const registered = await this.#registered(context, clientId, { kind: 'unknown' });
    // It was registered under this name and renamed. Nothing would tell that another client has got the name.
    if (registered.kind === 'client') return { ...registered, isLasting: false };
    if (registered.kind !== 'unknown') return registered;
    const perDay = settings.newClientsPerDay;
    const answer = await this.#store.admitClient({ environmentId, environmentVersion, clientId, perDay });
    if (answer.kind !== 'admitted') return answer;
    const { defaultTemplateId: templateId } = settings;
    const template = templateId === null ? {} : { templateId };
    return { kind: 'client', client: { version, clientId, status: 'active', ips: [], ...template }, isLasting: true };
  }
}

interface KnownClient {
  kind: 'client';
  client: ClientRecord;
  /** Does its version tell when a key that is found by its name is another client's? */
  isLasting: boolean;
}
type FoundClient = Exclude<Found, { kind: 'known' }> | KnownClient;

function outOfDate(
  { environmentVersion: held }: ServerKeyContext,
  { environmentVersion: version }: Lookup<unknown>,
): Exclude<FoundClient, KnownClient> | undefined {
  if (version === undefined) return { kind: 'incomplete' };
  return version > held ? { kind: 'stale', subject: 'environment', version } : undefined;
}

interface Verified {
  asked: AskedKey;
  claims: KeyClaims;
  /** Which of the environment's secrets it was verified by. */
  secretIndex: number;
  client: ClientRecord;
}

/** The record that the key would have if it were registered, but for totals: every new key would leave them for ever. */
function keyOf({ environment }: ServerKeyContext, { asked, claims, secretIndex, client }: Verified): FoundKey {
  const keyId = derivedKeyId(environment.environmentId, asked.digest);
  const secretId = environment.signingSecrets[secretIndex]?.id;
  const signed = signedKeyFacts({ digest: asked.digest, claims, secretId });
  return {
    version: client.version,
    keyId,
    clientId: client.clientId,
    status: client.status === 'deleted' ? 'deleted' : 'active',
    clientStatus: client.status === 'disabled' ? 'disabled' : 'active',
    clientIps: client.ips,
    keyIps: [],
    scopes: claims.scp,
    ...(client.abnormal ? { abnormal: client.abnormal } : {}),
    limits: {},
    ...(client.templateId === undefined ? {} : { templateId: client.templateId }),
    ...lifetimeOf(claims),
    ...(signed ? { signed } : {}),
  };
}

function idOf(environmentId: string, { clientId, digest }: AskedKey): string {
  return `${environmentId}:${clientId}:${digest}`;
}
