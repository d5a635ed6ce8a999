import { AppError } from '@keyward/kit/app-error';
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
  // One that lives has a first: this one was deleted meanwhile.
  if (!first) throw new AppError('NOT_FOUND', 'There is no such environment.');
  return { id: first.id, secret: secrets.open(first.sealed, first.id) };
}
