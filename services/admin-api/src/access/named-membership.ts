import type { IncomingHttpHeaders } from 'node:http';
import { organizationHeader } from '@keyward/contract/internal-headers';
import { AppError } from '@keyward/kit/app-error';
import type { Membership } from '@keyward/stores/postgres/accounts';
import type { Actor } from './actor.ts';

/** Where a person acts: in the only organization that they belong to, or the one named in `X-Keyward-Organization`. */
export function namedMembership({ memberships, organizationId }: Actor & { kind: 'account' }): Membership {
  if (organizationId !== undefined) {
    const named = memberships.find((membership) => membership.organizationId === organizationId);
    if (!named) throw new AppError('NOT_FOUND', 'There is no such organization.');
    return named;
  }
  const [only, ...others] = memberships;
  if (!only) throw new AppError('FORBIDDEN', 'You belong to no organization.');
  if (others.length > 0)
    throw new AppError('BAD_REQUEST', 'You belong to several organizations: name one in X-Keyward-Organization.');
  return only;
}

export function namedOrganization(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[organizationHeader];
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}
