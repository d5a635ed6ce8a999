import Type, { type Static } from 'typebox';

export const defaultAccountKeyPrefix = 'xyp';

/** Of admin-api's variables those that say how people identify themselves. */
export const accountVariables = {
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#\\s]+/?$',
      description:
        'Where browsers reach admin-api. With https, cookies are for https only; changes by a session must come from this origin. Without it, from the host that they are sent to.',
    }),
  ),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description:
      'Addresses or CIDRs, separated by commas, of the proxies before gateway and admin-api: what they say in X-Forwarded-For is believed. An ingress has to be named here, or all its callers look like one.',
  }),
  ACCOUNT_KEY_PREFIX: Type.String({
    default: defaultAccountKeyPrefix,
    pattern: '^(?!apikee(_|$)|sk_(live|test)$)[0-9A-Za-z]([0-9A-Za-z_]{0,30}[0-9A-Za-z])?$',
    description: 'What new account keys begin with; not apikee, sk_live or sk_test. Older ones go on working.',
  }),
  SESSION_IDLE_MINUTES: Type.Integer({
    default: 480,
    minimum: 1,
    maximum: 43_200,
    description: 'After how long without a call a session ends.',
  }),
  SESSION_HOURS: Type.Integer({
    default: 168,
    minimum: 1,
    maximum: 8_760,
    description: 'After how long a session ends, however much it is used.',
  }),
  SESSION_RENEWAL_MINUTES: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 43_200,
    description: "How old a session's token may become; reading the session then gives it a new one.",
  }),
  INVITATION_DAYS: Type.Integer({
    default: 7,
    minimum: 1,
    maximum: 90,
    description: 'How long an invitation may be accepted.',
  }),
};

export type AccountVariables = Static<ReturnType<typeof Type.Object<typeof accountVariables>>>;
