import { Removed } from '../fields.ts';
import type { Route } from './route.ts';

/** A person's account, as far as it is not a matter of one session or key. */
export const eraseUser = {
  method: 'DELETE',
  url: '/api/v1/user/me',
  access: { of: 'account', by: 'session' },
  schema: {
    summary:
      'Erase your account and what is personal of it, everywhere; you have signed in within 10 minutes, and are the last owner of no organization',
    response: { 200: Removed },
  },
} as const satisfies Route;
