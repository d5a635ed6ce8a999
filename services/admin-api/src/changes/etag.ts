import { hash } from 'node:crypto';
import { AppError } from '@keyward/kit/app-error';
import type { TSchema } from 'typebox';
import { withoutUse } from './without-use.ts';

/**
 * The entity tag of a resource as the API shows it (RFC 9110 §8.8.3). What its use changes, such as counts, is left out: the tag says
 * whether somebody has changed the resource.
 */
export function etagOf(schema: TSchema, resource: object): string {
  const text = JSON.stringify(withoutUse(schema)(resource));
  return `"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}

/** Refuses a change of what the caller has not seen (RFC 9110 §13.1.1). Called once the row is locked. */
export function requireMatch(ifMatch: string | undefined, current: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const named = ifMatch.split(',').map((tag) => tag.trim());
  if (!named.includes(current))
    throw new AppError(
      'PRECONDITION_FAILED',
      'It has changed since you read it: read it again, and repeat the change.',
    );
}
