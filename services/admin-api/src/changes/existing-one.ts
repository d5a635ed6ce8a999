import type { IfExists } from '@keyward/contract/fields';
import { AppError } from '@keyward/kit/app-error';
import { done, type Outcome } from './outcome.ts';

interface Existing<T> {
  view: T;
  ifExists: IfExists | undefined;
  message: string;
}

/** What a create is answered with when something of that name is there: that, if the caller wants it, and else 409. */
export function existingOne<T extends { id: string }>({ view, ifExists, message }: Existing<T>): Outcome<T> {
  if (ifExists === 'return') return done(view);
  throw new AppError('ALREADY_EXISTS', message, { existingId: view.id });
}
