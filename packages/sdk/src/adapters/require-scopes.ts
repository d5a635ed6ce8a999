import { holdsScopes } from '@keyward/decision/scopes';
import type { Claims } from '../keys/key-claims.ts';
import { type Refused, refused } from '../validation.ts';

/** undefined: the key holds every scope (`*` and `read:*` count). Else how the request is to be answered. */
export function refusalOfScopes(claims: Claims | undefined, required: readonly string[]): Refused | undefined {
  if (!claims)
    return refused({
      status: 401,
      code: 'UNAUTHENTICATED',
      message: 'No key was checked: the adapter has to come before the guard of scopes.',
    });
  const missing = required.filter((scope) => !holdsScopes(claims.scopes, [scope]));
  if (missing.length === 0) return undefined;
  const message = `The key lacks the scope ${missing.join(', ')}.`;
  return refused({ status: 403, code: 'INSUFFICIENT_SCOPE', message });
}
