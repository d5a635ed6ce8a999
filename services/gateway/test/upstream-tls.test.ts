import { loadConfig } from '@keyward/kit/config';
import { expect, it } from 'vitest';
import { GatewayConfig, upstreamTls } from '../src/config.ts';

const configOf = (variables: Record<string, string>) =>
  loadConfig(GatewayConfig, {
    VALIDATOR_URL: 'http://validator',
    ADMIN_API_URL: 'http://admin-api',
    SERVICE_TOKEN: 'the-token-of-a-test',
    KEYRING_FILE: '/keyring.json',
    ...variables,
  });

it.each([
  [{ UPSTREAM_CERT_FILE: '/c' }, 'UPSTREAM_CERT_FILE and UPSTREAM_KEY_FILE are set both or neither'],
  [{ UPSTREAM_CA_FILE: '/ca' }, 'VALIDATOR_URL or ADMIN_API_URL has to begin with https'],
  [
    { VALIDATOR_URL: 'https://validator', UPSTREAM_CA_FILE: '/no/such' },
    'the file of UPSTREAM_CA_FILE cannot be read (ENOENT)',
  ],
])('a gateway does not start with %j, and says why', (variables, told) => {
  expect(() => upstreamTls(configOf(variables))).toThrow(told);
});
