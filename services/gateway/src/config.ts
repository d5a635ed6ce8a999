import { metricsPort } from '@keyward/contract/metrics-port';
import { serviceToken } from '@keyward/contract/service-token';
import { TlsFiles } from '@keyward/kit/tls-files';
import Type, { type Static } from 'typebox';

const origin = 'https?://[^/?#,\\s]+/?';

/** The gateway's environment variables. */
export const GatewayConfig = Type.Object({
  VALIDATOR_URL: Type.String({
    pattern: `^${origin}(\\s*,\\s*${origin})*$`,
    description: 'Base URLs of the validators, separated by commas; each is tried when another fails.',
  }),
  ADMIN_API_URL: Type.String({
    pattern: `^${origin}$`,
    description: 'Base URL of the admin-api: management goes there.',
  }),
  UPSTREAM_CA_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'The authority of the certificates of validators and admin-api, PEM; without it, the public ones. Read for each new connection, as the two below.',
    }),
  ),
  UPSTREAM_CERT_FILE: Type.Optional(
    Type.String({ minLength: 1, description: 'The certificate that the gateway shows them, PEM.' }),
  ),
  UPSTREAM_KEY_FILE: Type.Optional(
    Type.String({ minLength: 1, description: 'The private key of that certificate, PEM.' }),
  ),
  SERVICE_TOKEN: serviceToken,
  KEYRING_FILE: Type.String({
    minLength: 1,
    description: 'The file with the X25519 private keys that envelopes are sealed to; read again when it changes.',
  }),
  METRICS_PORT: metricsPort,
  DECISION_TIMEOUT_MS: Type.Integer({
    default: 2500,
    minimum: 50,
    maximum: 60_000,
    description: 'A validation has a verdict within this time, retries included, or is answered 503.',
  }),
  ADMIN_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 50,
    maximum: 120_000,
    description: 'A forwarded management call is answered within this time, or with 503.',
  }),
  VALIDATE_BODY_BYTES: Type.Integer({
    default: 262_144,
    minimum: 1024,
    maximum: 262_144,
    description: 'The largest body of a validation.',
  }),
  MANAGEMENT_BODY_BYTES: Type.Integer({
    default: 1_048_576,
    minimum: 1024,
    maximum: 8_388_608,
    description: 'The largest body of a management call.',
  }),
  DERIVED_KEYS: Type.Integer({
    default: 50_000,
    minimum: 2,
    description: 'How many SDK sessions of each version have their AES keys remembered, 400 bytes each.',
  }),
});
export type GatewayConfig = Static<typeof GatewayConfig>;

/** The origins of a comma-separated list of base URLs, each once. */
export function originsOf(urls: string): string[] {
  return [...new Set(urls.split(',').map((url) => new URL(url.trim()).origin))];
}

/** @throws Error that names the variable at fault. */
export function upstreamTls(config: GatewayConfig): TlsFiles | undefined {
  const { UPSTREAM_CA_FILE: ca, UPSTREAM_CERT_FILE: cert, UPSTREAM_KEY_FILE: key } = config;
  if ((cert === undefined) !== (key === undefined))
    throw new Error('UPSTREAM_CERT_FILE and UPSTREAM_KEY_FILE are set both or neither');
  if (ca === undefined && cert === undefined) return undefined;
  if (!originsOf(`${config.VALIDATOR_URL},${config.ADMIN_API_URL}`).some((each) => each.startsWith('https:')))
    throw new Error('UPSTREAM_… is of no use without TLS: VALIDATOR_URL or ADMIN_API_URL has to begin with https');
  return new TlsFiles({
    ca: ca === undefined ? undefined : { name: 'UPSTREAM_CA_FILE', path: ca },
    identity:
      cert === undefined || key === undefined
        ? undefined
        : { cert: { name: 'UPSTREAM_CERT_FILE', path: cert }, key: { name: 'UPSTREAM_KEY_FILE', path: key } },
  });
}
