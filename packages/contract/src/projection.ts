/**
 * What the admin-api projects from Postgres into the shards and the validator decides by (design.md §4, §5). Every
 * record carries a version, Unix milliseconds or one more than the last; a record is written only over an older one.
 */
import Type, { type Static } from 'typebox';
import { ServerKeyScope } from './access.ts';
import { Metadata } from './fields.ts';
import { Limits } from './limits.ts';
import { EnvironmentSettings } from './settings.ts';

const Version = Type.Integer({ minimum: 0 });

/** A customer key with the rules of its client. `deleted` is a tombstone: it stays, so that the key stays refused. */
export const KeyRecord = Type.Object({
  version: Version,
  keyId: Type.String(),
  clientId: Type.String(),
  status: Type.Enum(['active', 'disabled', 'revoked', 'deleted']),
  clientStatus: Type.Enum(['active', 'disabled']),
  /** Who may use it: the client's list and the key's own; both must pass, an empty one always does. */
  clientIps: Type.Array(Type.String()),
  keyIps: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
  /** Fraud rules found the use of its client abnormal, and are to be enforced. */
  abnormal: Type.Optional(Type.Literal(true)),
  /** The keys that rotate into each other share their totals. A key that nobody registered has no totals, and no limits. */
  familyId: Type.Optional(Type.String()),
  /** Requests that the key may make in each of these windows; what is not named is unlimited. */
  limits: Limits,
  /** The template of its client, whose limits stand in the environment's record. */
  templateId: Type.Optional(Type.String()),
  expiresAtMs: Type.Optional(Type.Integer()),
  notBeforeMs: Type.Optional(Type.Integer()),
  /** The one product that it is for; one without serves every product of its environment. */
  productId: Type.Optional(Type.String()),
  /** `KeyDetails` as JSON: nothing is decided by them, so only who shows them reads them. A tombstone has none. */
  details: Type.Optional(Type.String()),
});
export type KeyRecord = Static<typeof KeyRecord>;

/** What is shown of a key. */
export const KeyDetails = Type.Object({ name: Type.String(), metadata: Metadata });
export type KeyDetails = Static<typeof KeyDetails>;

/**
 * A client as such, for locally signed keys, which have no record. `deleted` is a tombstone, which has no name: `tenant` is
 * the digest of the name that the client had at this version, as text, and whether others had it, too.
 */
export const ClientRecord = Type.Object({
  version: Version,
  clientId: Type.String(),
  tenant: Type.Optional(Type.Object({ digest: Type.String(), isShared: Type.Boolean() })),
  status: Type.Enum(['active', 'disabled', 'deleted']),
  ips: Type.Array(Type.String()),
  abnormal: Type.Optional(Type.Literal(true)),
  templateId: Type.Optional(Type.String()),
});
export type ClientRecord = Static<typeof ClientRecord>;

/** Who has a name: `clientIds` holds two when several have it, and none when only a deleted client had it. */
export const TenantRecord = Type.Object({
  version: Version,
  clientIds: Type.Array(Type.String(), { maxItems: 2 }),
  deletedClientId: Type.Optional(Type.String()),
});
export type TenantRecord = Static<typeof TenantRecord>;

export const ServerKeyRecord = Type.Object({
  version: Version,
  serverKeyId: Type.String(),
  environmentId: Type.String(),
  status: Type.Enum(['active', 'revoked']),
  /** Missing in records of before there were any: all. */
  scopes: Type.Optional(Type.Array(ServerKeyScope)),
  expiresAtMs: Type.Optional(Type.Integer()),
});
export type ServerKeyRecord = Static<typeof ServerKeyRecord>;

/** A known endpoint; a `{…}` segment of its path takes any segment of a request's. */
export const EndpointRule = Type.Object({
  /** In upper case. */
  method: Type.String(),
  path: Type.String(),
  enabled: Type.Boolean(),
  /** All of them are needed; none when it is empty. Missing: nobody has decided, and a wider endpoint's rule holds. */
  requiredScopes: Type.Optional(Type.Array(Type.String())),
});
export type EndpointRule = Static<typeof EndpointRule>;

export const EnvironmentRecord = Type.Object({
  version: Version,
  environmentId: Type.String(),
  projectEnv: Type.String(),
  /** What it lies in: its project and its organization. Missing in a record of before keys could be known so far. */
  within: Type.Optional(Type.Array(Type.String())),
  status: Type.Enum(['active', 'disabled']),
  settings: EnvironmentSettings,
  /** The limits of each template, by its id. */
  templates: Type.Record(Type.String(), Limits),
  /** Endpoints that somebody has decided about; all that are known, where unknown ones are refused. */
  endpoints: Type.Array(EndpointRule),
  /** Public keys that requests may be signed with: SPKI, DER in base64. */
  requestKeys: Type.Array(Type.String()),
  /** What customer keys are signed with, the first for new ones: AES-256-GCM under the projection key, base64url. */
  signingSecrets: Type.Array(Type.Object({ id: Type.String(), sealed: Type.String() })),
  /**
   * The systems whose keys are taken, and what these begin with; `sealed`, as above, is the secret of one that hashes by HMAC. Missing
   * in a record of before there were any.
   */
  keyImports: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.String(),
        prefixes: Type.Array(Type.String()),
        sealed: Type.Optional(Type.String()),
      }),
    ),
  ),
});
export type EnvironmentRecord = Static<typeof EnvironmentRecord>;
