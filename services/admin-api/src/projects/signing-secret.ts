import { listSigningSecrets } from '@keyward/stores/postgres/signing-secrets';
import type { Administration } from '../administration.ts';

/** The secret that the environment's keys are signed with: its first. */
export async function signingSecretOf(
  { db, secrets }: Pick<Administration, 'db' | 'secrets'>,
  environment: { id: string },
): Promise<string> {
  const [first] = await listSigningSecrets(db, environment.id);
  if (!first) throw new Error(`environment ${environment.id} has no signing secret`);
  return secrets.open(first.sealed, first.id);
}
