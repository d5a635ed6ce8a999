import { keepFirstSigningSecret } from '@keyward/stores/postgres/signing-secrets';
import type { Administration } from '../administration.ts';

/** A secret in clear, and by which id it is known. */
export interface OpenedSecret {
  id: string;
  secret: string;
}

/** The secret that the environment's keys are signed with: its first. It stays until the transaction ends. */
export async function signingSecretOf(
  { db: transaction, secrets }: Pick<Administration, 'db' | 'secrets'>,
  environment: { id: string },
): Promise<OpenedSecret> {
  const first = await keepFirstSigningSecret(transaction, environment.id);
  if (!first) throw new Error(`environment ${environment.id} has no signing secret`);
  return { id: first.id, secret: secrets.open(first.sealed, first.id) };
}
