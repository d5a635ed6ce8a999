import type { Role } from '@keyward/contract/access';
import { AppError } from '@keyward/kit/app-error';
import { ConfigError } from '@keyward/kit/config';
import { type OutboundCall, OutboundError } from '@keyward/kit/outbound-call';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { fetchBy } from './fetch-by.ts';
import type { OidcVariables } from './oidc-variables.ts';

/** What the browser carries from its leaving to its coming back. */
export interface OidcAttempt {
  state: string;
  nonce: string;
  verifier: string;
}

/** Who the issuer says that somebody is. */
export interface OidcPerson {
  issuer: string;
  subject: string;
  /** undefined: it names none, or has not made sure that it is theirs. */
  email: string | undefined;
}

interface IssuerOptions {
  url: URL;
  clientId: string;
  clientSecret: string | undefined;
  scopes: string;
  redirectUri: string;
  /** Who may come; undefined: everybody whom it knows. */
  domains: ReadonlySet<string> | undefined;
  /** Where whoever is new belongs to; undefined: only where they are invited. */
  newcomers: { organizationId: string; role: Role } | undefined;
  call: OutboundCall;
}

const callbackPath = '/api/v1/session/oidc/callback';

/** The configured issuer, if there is one. Throws ConfigError when what it needs is missing. */
export function oidcIssuer(
  config: OidcVariables & { PUBLIC_URL?: string },
  call: OutboundCall,
): OidcIssuer | undefined {
  const { OIDC_ISSUER, OIDC_CLIENT_ID: clientId, PUBLIC_URL } = config;
  if (OIDC_ISSUER === undefined) return undefined;
  if (clientId === undefined || PUBLIC_URL === undefined)
    throw new ConfigError(['OIDC_ISSUER needs OIDC_CLIENT_ID and PUBLIC_URL']);
  const domains = config.OIDC_EMAIL_DOMAINS?.split(',').map((domain) => domain.trim().toLowerCase());
  const organizationId = config.OIDC_ORGANIZATION?.toLowerCase();
  return new OidcIssuer({
    url: new URL(OIDC_ISSUER),
    clientId,
    clientSecret: config.OIDC_CLIENT_SECRET,
    scopes: config.OIDC_SCOPES,
    redirectUri: new URL(callbackPath, PUBLIC_URL).href,
    domains: domains && new Set(domains),
    newcomers: organizationId === undefined ? undefined : { organizationId, role: config.OIDC_ROLE },
    call,
  });
}

/** An OpenID Connect issuer, asked by the code flow with PKCE. What it publishes is read when somebody first wants to go there. */
export class OidcIssuer {
  readonly #options: IssuerOptions;
  #discovered: Promise<Configuration> | undefined;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  get newcomers(): IssuerOptions['newcomers'] {
    return this.#options.newcomers;
  }

  letsIn(email: string): boolean {
    const { domains } = this.#options;
    return domains === undefined || domains.has(email.slice(email.lastIndexOf('@') + 1).toLowerCase());
  }

  /** Where to send the browser, and what it has to bring back. */
  async begin(): Promise<{ url: string; attempt: OidcAttempt }> {
    const { redirectUri: redirect_uri, scopes: scope } = this.#options;
    const attempt = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri,
      scope,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  /** Who came back; throws UNAUTHENTICATED when the answer is not one to this attempt. */
  async end(query: string, { state, nonce, verifier }: OidcAttempt): Promise<OidcPerson> {
    const configuration = await this.#configuration();
    const answered = new URL(query, this.#options.redirectUri);
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await authorizationCodeGrant(configuration, answered, checks).catch((cause: unknown) => {
      if (isAway(cause)) throw away(cause);
      if (isOurFault(cause))
        throw new AppError('INTERNAL', 'the issuer does not take OIDC_CLIENT_ID or its secret', { cause });
      throw new AppError('UNAUTHENTICATED', 'The issuer did not sign you in; try again.', { cause });
    });
    const claims = tokens.claims();
    if (!claims) throw new AppError('UNAUTHENTICATED', 'The issuer did not say who you are.');
    const { iss: issuer, sub: subject, email, email_verified: isTheirs } = claims;
    return { issuer, subject, email: typeof email === 'string' && isTheirs === true ? email : undefined };
  }

  /** Read once; again when it could not be. */
  #configuration(): Promise<Configuration> {
    this.#discovered ??= this.#discover().catch((cause: unknown) => {
      this.#discovered = undefined;
      throw away(cause);
    });
    return this.#discovered;
  }

  #discover(): Promise<Configuration> {
    const { url, clientId, clientSecret, call } = this.#options;
    return discovery(url, clientId, clientSecret, undefined, {
      [customFetch]: fetchBy(call),
      // The signature of an id token is held against the issuer's keys, though it came from there. Our own rules say which hosts may
      // be asked without TLS.
      execute: [enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [allowInsecureRequests] : [])],
    });
  }
}

/** The library passes on what its calls came to, perhaps as the cause of an error of its own. */
function isAway(error: unknown): boolean {
  return error instanceof OutboundError || (error instanceof Error && isAway(error.cause));
}

/** "invalid_client: Client authentication failed" (RFC 6749 §5.2): whoever signs in can do nothing about that. */
function isOurFault(error: unknown): boolean {
  return error instanceof ResponseBodyError && ['invalid_client', 'unauthorized_client'].includes(error.error);
}

function away(cause: unknown): AppError {
  const message = 'The issuer cannot be reached just now; try again.';
  return new AppError('UNAVAILABLE', message, { cause, retryAfterSeconds: 5 });
}
