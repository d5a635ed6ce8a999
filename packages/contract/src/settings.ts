import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { Id } from './fields.ts';

const cap = Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 }));

/** Loopback, private, link-local, CGNAT and unique local addresses: where an operator's own proxies usually stand. */
export const privateRanges = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
];

/** What an environment decides for itself (wire.md §2, §5). Each field has a default, so that an empty object is whole. */
export const EnvironmentSettings = Type.Object(
  {
    refusals: Type.Enum(['body', 'http'], {
      default: 'body',
      description:
        'A refusal is answered with HTTP 200 and told in the body (published SDKs need this), or with its own status.',
    }),
    encryption: Type.Enum(['optional', 'required'], {
      default: 'optional',
      description: 'May applications send plain bodies to validate and verify keys, and to create clients?',
    }),
    keyHeader: Type.String({
      default: 'x-api-key',
      pattern: '^[a-z0-9-]{1,64}$',
      description: "The caller's header that holds the key, in lower case; Authorization: Bearer is read as well.",
    }),
    keyKind: Type.Enum(['signed', 'opaque'], {
      default: 'signed',
      description:
        'What new customer keys are: signed ones state who they are for and when they end, opaque ones state nothing.',
    }),
    keyPrefix: Type.String({
      default: 'key',
      pattern: '^[0-9A-Za-z](?:[0-9A-Za-z_]{0,30}[0-9A-Za-z])?$',
      description: 'What new opaque keys begin with, before a `_`: `myapp_live` gives `myapp_live_…`.',
    }),
    hops: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 5,
      description: 'Proxies before an application whose SDK does not send the socket address.',
    }),
    trustedProxies: Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
      default: privateRanges,
      maxItems: 100,
      description: 'Addresses that may be proxies, for SDKs that send the socket address.',
    }),
    toleranceSeconds: Type.Integer({
      default: 300,
      minimum: 5,
      maximum: 300,
      description: "How far a request's timestamp may be from the server's clock.",
    }),
    replays: Type.Enum(['refuse', 'allow'], {
      default: 'refuse',
      description:
        'The same envelope again is refused, or judged like a new request: for applications whose network repeats requests.',
    }),
    failurePolicy: Type.Enum(['closed', 'open'], {
      default: 'closed',
      description:
        'While the validators cannot reach their store, requests are answered 503 (`closed`), or, for at most 60 seconds, keys that a validator knows, or that carry a valid signature, are allowed without limits (`open`).',
    }),
    requestSignature: Type.Enum(['optional', 'required'], {
      default: 'optional',
      description:
        'Must a request carry x-apikee-signature? One that is sent is checked whenever the environment has public keys.',
    }),
    locallySignedKeys: Type.Enum(['accept', 'refuse'], {
      default: 'accept',
      description: "May keys be used that an SDK signed with the environment's secret and nobody registered?",
    }),
    defaultTemplateId: Type.Union([Id, Type.Null()], {
      default: null,
      description: 'The template of clients that make themselves known by a locally signed key; null: no limits.',
    }),
    newClientsPerDay: Type.Integer({
      default: 1_000,
      minimum: 0,
      maximum: 1_000_000,
      description: 'How many clients may make themselves known by a locally signed key in a day (UTC).',
    }),
    unknownEndpoints: Type.Enum(['allow', 'refuse'], {
      default: 'allow',
      description: 'What is done with a request to an endpoint that is not registered.',
    }),
    endpointIds: Type.Enum(['fold', 'keep'], {
      default: 'fold',
      description: 'A path segment that is an id becomes `{id}` (`/users/7` is `/users/{id}`), or stays.',
    }),
    endpointCase: Type.Enum(['keep', 'fold'], {
      default: 'keep',
      description: 'Are `/Users` and `/users` two endpoints (`keep`), or one (`fold`)?',
    }),
    requestLogs: Type.Enum(['all', 'refusals', 'none'], {
      default: 'all',
      description: 'Which requests leave a line in the logs; all are counted, whatever is logged.',
    }),
    requestLogRedaction: Type.Array(Type.Enum(['ip', 'userAgent', 'path', 'name']), {
      default: [],
      maxItems: 4,
      uniqueItems: true,
      description:
        'What the lines in the logs leave out: the address, the user agent, the path (its endpoint stays), the name that the application sends.',
    }),
    rateLimits: Type.Object(
      { hour: cap, day: cap, week: cap, month: cap },
      {
        additionalProperties: false,
        default: {},
        description: 'What all clients together may use in each of these windows; what is not named is unlimited.',
      },
    ),
  },
  { additionalProperties: false },
);
export type EnvironmentSettings = Static<typeof EnvironmentSettings>;

export const defaultSettings: EnvironmentSettings = Value.Create(EnvironmentSettings);
