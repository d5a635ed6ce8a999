import Type, { type Static } from 'typebox';
import {
  Id,
  Limit,
  Name,
  Nullable,
  Page,
  Pagination,
  ProjectEnvQuery,
  Propagation,
  Removed,
  Timestamp,
} from '../fields.ts';
import { Secret } from '../secret.ts';
import { keyFields } from './client.ts';
import { type Route, strict } from './route.ts';

/** Keys that another system has made, and that go on working here (design.md §9). */
export const KeyHash = Type.Enum(['sha256', 'hmac-sha256'], {
  description: 'How the other system hashes its keys: SHA-256 of the raw key, or HMAC-SHA-256 with its secret.',
});

const Prefixes = Type.Array(
  Type.String({
    pattern: '^[\\x21-\\x7e]{2,40}$',
    description: 'What its keys begin with, as `sk_` or `myapp_live_`.',
  }),
  { minItems: 1, maxItems: 8, uniqueItems: true },
);

export const KeyImport = Type.Object({
  id: Id,
  name: Type.String(),
  hash: KeyHash,
  prefixes: Type.Array(Type.String()),
  createdAt: Timestamp,
  propagation: Propagation,
});
export type KeyImport = Static<typeof KeyImport>;

export const NewKeyImport = Type.Object(
  {
    name: Name,
    hash: KeyHash,
    secret: Type.Optional(
      Secret(
        Type.String({
          minLength: 1,
          maxLength: 1_024,
          description: 'With hmac-sha256: the secret of the other system, as text. It is kept sealed, and never shown.',
        }),
      ),
    ),
    prefixes: Prefixes,
  },
  strict,
);
export type NewKeyImport = Static<typeof NewKeyImport>;

export const ImportedKey = Type.Object(
  {
    digest: Type.String({
      pattern: '^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$',
      description: 'What the other system stores of the key: 32 bytes in hex, base64 or base64url.',
    }),
    name: Name,
    clientId: Type.Optional(Id),
    clientName: Type.Optional({
      ...Name,
      description:
        'The client of that name; it is made when there is none. Without a client the key gets one of its own.',
    }),
    productId: Type.Optional(Nullable(Id)),
    keyPrefix: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'To recognise the key by.' })),
    status: Type.Optional(Type.Enum(['active', 'disabled', 'revoked'])),
    ...keyFields,
  },
  strict,
);
export type ImportedKey = Static<typeof ImportedKey>;

const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);
const params = Type.Object({ id: Id });

export const listKeyImports = {
  method: 'GET',
  url: '/api/v1/key-import',
  access: { of: 'environment', role: 'viewer' },
  schema: {
    summary: 'List the systems whose keys are taken in an environment, newest first',
    querystring: Type.Object(
      { project_env: ProjectEnvQuery, page: Type.Optional(Page), limit: Type.Optional(Limit) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(KeyImport), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createKeyImport = {
  method: 'POST',
  url: '/api/v1/key-import',
  access: { of: 'environment', role: 'admin' },
  schema: {
    summary: 'Say how another system hashes its keys, and what they begin with, before they are imported',
    querystring,
    body: NewKeyImport,
    response: { 201: KeyImport },
  },
} as const satisfies Route;

export const deleteKeyImport = {
  method: 'DELETE',
  url: '/api/v1/key-import/:id',
  access: { of: 'environment', role: 'admin' },
  schema: {
    summary: 'Forget another system, once no key of it lives any more',
    params,
    querystring,
    response: { 200: Removed },
  },
} as const satisfies Route;

export const importKeys = {
  method: 'POST',
  url: '/api/v1/key/import',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'Import keys by their hashes, all or none; one that is there already stays as it is',
    querystring,
    body: Type.Object(
      {
        importId: Type.Optional(
          Type.String({
            ...Id,
            description: 'The system that they come from; without it they are SHA-256 of keys in the form of ours.',
          }),
        ),
        items: Type.Array(ImportedKey, { minItems: 1, maxItems: 1_000 }),
      },
      strict,
    ),
    response: {
      200: Type.Object({
        imported: Type.Integer(),
        existing: Type.Integer(),
        data: Type.Array(Type.Object({ id: Id, clientId: Id, isNew: Type.Boolean() })),
        propagation: Propagation,
      }),
    },
  },
} as const satisfies Route;
