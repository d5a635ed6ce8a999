import { encryptionKeys } from '@keyward/contract/routes/encryption-keys';
import { publicKeys } from '@keyward/envelope/keyring';
import type { Clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import type { KeyringFile } from '../keyring-file.ts';

interface EncryptionKeysOptions {
  keyring: KeyringFile;
  clock: Clock;
}

/** Keys overlap for days when they change, so that five minutes in a cache do no harm. */
const cacheControl = 'public, max-age=300';

export function encryptionKeysRoute(app: App, { keyring, clock }: EncryptionKeysOptions): void {
  app.route({
    ...encryptionKeys,
    handler: async (_request, reply) => {
      reply.header('cache-control', cacheControl);
      return { ...publicKeys(keyring.current, clock.nowMs()), versions: ['1', '2'] };
    },
  });
}
