import { createKeyringEntry, keyringOf, printKeyring } from '../packages/envelope/src/keyring.ts';
import { systemClock } from '../packages/kit/src/clock.ts';
import { newSecret } from '../packages/kit/src/random.ts';

/** Where an installation's stores are, with the passwords. */
export interface StoreUrls {
  DATABASE_URL: string;
  REDIS_URL: string;
  EVENT_LOG_URL: string;
}

interface Secret {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string };
  stringData: Record<string, string>;
}

/** The Secrets of a new installation on Kubernetes, with values that nobody has seen; `stores` are elsewhere. */
export function kubernetesSecrets(stores: StoreUrls): Secret[] {
  return [
    secret('keyward-secrets', {
      pepper: newSecret(),
      'master-key': newSecret(),
      'projection-key': newSecret(),
      'service-token': newSecret(),
    }),
    secret('keyward-keyring', {
      'keyring.json': printKeyring(keyringOf([createKeyringEntry({ nowMs: systemClock.nowMs() })])),
    }),
    secret('keyward-stores', {
      'database-url': stores.DATABASE_URL,
      'redis-url': stores.REDIS_URL,
      'event-log-url': stores.EVENT_LOG_URL,
    }),
  ];
}

/** The same for the stores of the overlay `dev`, which are reached by name; its Postgres takes the password from here. */
export function devSecrets(): Secret[] {
  const password = newSecret();
  const secrets = kubernetesSecrets({
    DATABASE_URL: `postgres://keyward:${password}@postgres:5432/keyward`,
    REDIS_URL: 'redis://redis:6379/0',
    EVENT_LOG_URL: 'kafka://kafka:9092/validation.v1',
  });
  for (const { metadata, stringData } of secrets)
    if (metadata.name === 'keyward-stores') stringData['postgres-password'] = password;
  return secrets;
}

function secret(name: string, stringData: Record<string, string>): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}
