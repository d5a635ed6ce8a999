import { AppError } from '@keyward/kit/app-error';
import type { Membership } from '@keyward/stores/postgres/accounts';
import { type EnvironmentRow, findEnvironment } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Actor } from './actor.ts';

/** `administer`: for owners and admins. A server key has its environment's all, where it is taken. */
export type Access = 'read' | 'write' | 'administer';

/**
 * The environment that a call is about. A server key belongs to one, and `project_env` may repeat but never override
 * it; a person names it. A foreign environment is answered like an unknown one.
 */
export async function environmentOf(
  administration: Administration,
  options: { actor: Actor; projectEnv: string | undefined; access: Access },
): Promise<EnvironmentRow> {
  const { actor, projectEnv, access } = options;
  if (actor.kind === 'server-key') {
    const environment = await findEnvironment(administration.db, actor.organizationId, { id: actor.environmentId });
    if (!environment || (projectEnv !== undefined && projectEnv !== environment.project_env))
      throw unknownEnvironment();
    return environment;
  }
  if (projectEnv === undefined) {
    const message = 'is required with an account key';
    throw new AppError('INVALID_INPUT', `project_env ${message}.`, { errors: [{ path: '/project_env', message }] });
  }
  const { organizationId } = organizationOf(actor, access);
  const environment = await findEnvironment(administration.db, organizationId, { projectEnv });
  if (!environment) throw unknownEnvironment();
  return environment;
}

/** The organization that a person acts in: the only one, or the one named in `X-Keyward-Organization`. */
export function organizationOf(actor: Actor, access: Access): Membership {
  requireAccount(actor);
  const membership = namedMembership(actor);
  if (access !== 'read' && membership.role === 'viewer')
    throw new AppError('FORBIDDEN', 'Your role in this organization is to view.');
  if (access === 'administer' && membership.role === 'developer')
    throw new AppError('FORBIDDEN', 'This is for owners and admins of this organization.');
  return membership;
}

/** Some things are for people, and not for the server key that an application holds. */
export function requireAccount(actor: Actor): asserts actor is Actor & { kind: 'account' } {
  if (actor.kind !== 'account')
    throw new AppError('FORBIDDEN', 'A server key belongs to one environment and cannot do this; use an account key.');
}

function namedMembership({ memberships, organizationId }: Actor & { kind: 'account' }): Membership {
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

function unknownEnvironment(): AppError {
  return new AppError('NOT_FOUND', 'There is no such environment.');
}
