import { ConfigError } from '@keyward/kit/config';
import type { SecretBox } from '@keyward/kit/secret-box';
import type { Database } from '@keyward/stores/postgres/database';
import { readNewestSigningSecret } from '@keyward/stores/postgres/signing-secrets';

/** What is sealed under another key would be opened by nobody, and go with that key. Throws `ConfigError`. */
export async function requireCurrentMasterKey(db: Database, master: SecretBox): Promise<void> {
  const secret = await readNewestSigningSecret(db);
  if (!secret) return;
  try {
    master.open(Buffer.from(secret.sealed), secret.id);
  } catch {
    throw new ConfigError([
      'MASTER_KEY is not what the signing secrets in Postgres are sealed with; keyward master-key rotate changes that',
    ]);
  }
}
