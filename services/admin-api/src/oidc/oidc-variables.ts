import { Role } from '@keyward/contract/access';
import { Secret } from '@keyward/contract/secret';
import Type, { type Static } from 'typebox';

/** Of admin-api's variables those that let people sign in at an OpenID Connect issuer. */
export const oidcVariables = {
  OIDC_ISSUER: Type.Optional(
    Type.String({
      pattern: '^https?://[^?#\\s]+$',
      description:
        'The issuer where people may sign in (OpenID Connect, code flow with PKCE). It needs PUBLIC_URL; one that is private or speaks http has to be in OUTBOUND_ALLOWED_HOSTS.',
    }),
  ),
  OIDC_CLIENT_ID: Type.Optional(
    Type.String({ minLength: 1, description: 'What this installation is registered as there.' }),
  ),
  OIDC_CLIENT_SECRET: Type.Optional(
    Secret(Type.String({ minLength: 1, description: 'Its secret; none for a public client.' })),
  ),
  OIDC_SCOPES: Type.String({
    default: 'openid email',
    pattern: '(^| )openid( |$)',
    description: 'What is asked for, separated by spaces.',
  }),
  OIDC_EMAIL_DOMAINS: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z.-]+(\\s*,\\s*[0-9A-Za-z.-]+)*$',
      description: 'Whose e-mail addresses are let in, separated by commas; all unless it is said.',
    }),
  ),
  OIDC_ORGANIZATION: Type.Optional(
    Type.String({
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      description: 'The id of the organization that whoever is new joins; without it only who is invited gets in.',
    }),
  ),
  OIDC_ROLE: Type.Enum([...Role.enum], { default: 'viewer', description: 'What they are there.' }),
};

export type OidcVariables = Static<ReturnType<typeof Type.Object<typeof oidcVariables>>>;
