import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@keyward/kit/app-error';
import type { AccountPolicy } from '../accounts/account-policy.ts';

/** Refuses what another site's page sends. Browsers say in `Origin` where every call but a read comes from. */
export function requireOwnOrigin(policy: Pick<AccountPolicy, 'origin'>, headers: IncomingHttpHeaders): void {
  if (!isOwnOrigin(policy, headers))
    throw new AppError(
      'FORBIDDEN',
      'The Origin of this call is another site, or missing; a session is for our own page.',
    );
}

function isOwnOrigin({ origin }: Pick<AccountPolicy, 'origin'>, headers: IncomingHttpHeaders): boolean {
  const sent = headers.origin;
  if (sent === undefined) return false;
  return origin === undefined ? URL.canParse(sent) && new URL(sent).host === headers.host : sent === origin;
}
