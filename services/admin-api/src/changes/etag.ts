import { hash } from 'node:crypto';
import { AppError } from '@keyward/kit/app-error';
import type { TSchema } from 'typebox';
import { withoutUse } from './without-use.ts';

/**
 * The entity tag of a resource as the API shows it (RFC 9110 §8.8.3). What its use changes, such as counts, is left out: the tag says
 * whether somebody has changed the resource.
 */
export function etagOf(schema: TSchema, resource: object): string {
  const text = JSON.stringify(strip(schema)(resource));
  return `"${hash('sha256', text, 'base64url').slice(0, 22)}"`;
}

/** Refuses a change of what the caller has not seen (RFC 9110 §13.1.1). Called once the row is locked. */
export function requireMatch(ifMatch: string | undefined, current: string): void {
  if (!namesAny(ifMatch, [current]))
    throw new AppError(
      'PRECONDITION_FAILED',
      'It has changed since you read it: read it again, and repeat the change.',
    );
}

/** The same for what nobody can read by itself: no tag can be of it, and to overlook one would feign a check. */
export function requireNoTag(ifMatch: string | undefined): void {
  if (!namesAny(ifMatch, [])) throw new AppError('PRECONDITION_FAILED', 'This has no ETag that If-Match could name.');
}

function namesAny(ifMatch: string | undefined, current: readonly string[]): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((tag) => current.includes(tag.trim()));
}

/** Schemas are constants, and are walked once. */
const known = new WeakMap<TSchema, ReturnType<typeof withoutUse>>();

function strip(schema: TSchema): ReturnType<typeof withoutUse> {
  const strips = known.get(schema) ?? withoutUse(schema);
  known.set(schema, strips);
  return strips;
}
