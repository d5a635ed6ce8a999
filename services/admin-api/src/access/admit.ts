import { hasServerKeyScope, isRoleAtLeast } from '@keyward/contract/access';
import type { Route } from '@keyward/contract/routes/route';
import { AppError } from '@keyward/kit/app-error';
import type { Membership } from '@keyward/stores/postgres/accounts';
import { type EnvironmentRow, findEnvironment } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { recordDenial, recordDenials, recordingDenials } from '../changes/record-denial.ts';
import type { AccountCredential, Actor } from './actor.ts';
import { authenticate } from './authenticate.ts';
import { type Call, type IncomingCall, readCall } from './call.ts';
import { namedMembership } from './named-membership.ts';
import { requireOperator } from './operator.ts';

/** A call about one organization, one environment, or what is the caller's own. */
export type OrganizationCall = Call & { organizationId: string };
export type EnvironmentCall = OrganizationCall & { environment: EnvironmentRow };
/** A person's call about the organization that its URL names. */
export type NamedOrganizationCall = OrganizationCall & PersonCall;
export type PersonCall = Call & { actor: Actor & { kind: 'account' }; organizationIds: readonly string[] };

export type SessionCall = PersonCall & { session: UserSession };
type UserSession = Extract<AccountCredential, { kind: 'session' }>['session'];

type RouteOf<K extends Route['access']['of']> = Route & { access: { of: K } };

/**
 * The call with its environment: how every route of one environment begins. A server key belongs to one, and `project_env` may repeat
 * but never override it; a person names it. A foreign environment is answered like an unknown one.
 */
export async function inEnvironment(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'environment'>,
): Promise<EnvironmentCall> {
  return ofEnvironment(administration, request, { route, actor: await authenticate(administration, request) });
}

interface Admission<K extends Route['access']['of']> {
  route: RouteOf<K>;
  actor: Actor;
}

async function ofEnvironment(
  administration: Administration,
  request: IncomingCall,
  { route, actor }: Admission<'environment'>,
): Promise<EnvironmentCall> {
  const call = readCall(administration, request, { route, actor });
  const organizationId = await admitted(administration, call, route);
  const environment = await namedEnvironment(administration, call.actor, {
    organizationId,
    name: projectEnvOf(request),
  });
  return { ...call, organizationId, environment };
}

/** The call with the organization that a person acts in, or that a server key is of. */
export async function inOrganization(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'organization'>,
): Promise<OrganizationCall> {
  const call = readCall(administration, request, { route, actor: await authenticate(administration, request) });
  return { ...call, organizationId: await admitted(administration, call, route) };
}

/** The call about the organization `:id`, which a person belongs to; there a foreign one is unknown, too. */
export async function inNamedOrganization(
  administration: Administration,
  request: IncomingCall & { params: { id: string } },
  route: RouteOf<'organization'>,
): Promise<NamedOrganizationCall> {
  const actor = await authenticate(administration, request);
  requireKnown(actor);
  const named = actor.kind === 'account' ? { ...actor, organizationId: request.params.id.toLowerCase() } : actor;
  const call = readCall(administration, request, { route, actor: named });
  const organizationId = await admitted(administration, call, route);
  requirePerson(named);
  return { ...call, actor: named, organizationId, organizationIds: organizationsOf(named) };
}

/** A call that a person makes about what is theirs. A write that is refused leaves an audit record. */
export async function asPerson(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'account'>,
): Promise<PersonCall> {
  const actor = await authenticate(administration, request);
  const call = readCall(administration, request, { route, actor });
  if (actor.kind === 'server-key' && route.method !== 'GET')
    await recordDenial(administration, { ...call, organizationId: actor.organizationId }, route);
  requirePerson(actor);
  requireKnown(actor);
  return { ...call, actor, organizationIds: organizationsOf(actor) };
}

/** The same, of somebody who has signed in. */
export async function inSession(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'account'> & { access: { by: 'session' } },
): Promise<SessionCall> {
  const call = await asPerson(administration, request, route);
  const { credential } = call.actor;
  if (credential.kind === 'session') return { ...call, session: credential.session };
  if (route.method !== 'GET') await recordDenials(administration, call, route);
  throw new AppError('FORBIDDEN', 'This is for who has signed in; you use a key.');
}

/** A call about the whole installation. */
export async function asOperator(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'installation'>,
): Promise<OrganizationCall> {
  return ofInstallation(administration, request, { route, actor: await authenticate(administration, request) });
}

async function ofInstallation(
  administration: Administration,
  request: IncomingCall,
  { route, actor }: Admission<'installation'>,
): Promise<OrganizationCall> {
  const call = readCall(administration, request, { route, actor });
  const organizationId = await admitted(administration, call, route);
  const mine = { ...call, organizationIds: [organizationId] };
  await requireOperator(administration, organizationId).catch(recordingDenials(administration, mine, route));
  return { ...call, organizationId };
}

/** The call about an environment or, of a person who names none, about what belongs to no environment: that is for operators. */
export async function inEnvironmentOrNone(
  administration: Administration,
  request: IncomingCall,
  route: RouteOf<'environment'>,
): Promise<EnvironmentCall | (OrganizationCall & { environment?: never })> {
  const actor = await authenticate(administration, request);
  if (actor.kind === 'server-key' || projectEnvOf(request) !== undefined)
    return ofEnvironment(administration, request, { route, actor });
  const access = { of: 'installation', role: 'admin' } as const;
  return ofInstallation(administration, request, { route: { ...route, access }, actor });
}

type AdmittingRoute = RouteOf<'environment' | 'organization' | 'installation'>;

/** The organization, if the caller may make this call there. A write that is refused leaves an audit record. */
async function admitted(administration: Administration, call: Call, route: AdmittingRoute): Promise<string> {
  const { actor } = call;
  const standing = actor.kind === 'account' ? namedMembership(actor) : actor;
  const { organizationId } = standing;
  const refusal = 'role' in standing ? refusalOfRole(standing, route) : refusalOfScope(standing, route);
  if (refusal === undefined) return organizationId;
  if (route.method !== 'GET') await recordDenial(administration, { ...call, organizationId }, route);
  throw new AppError('FORBIDDEN', refusal);
}

function refusalOfRole({ role }: Membership, { access }: AdmittingRoute): string | undefined {
  if (access.role === undefined) return 'This is for applications; use a server key.';
  if (isRoleAtLeast(role, access.role)) return undefined;
  return `This needs the role ${access.role} in this organization, and yours is ${role}.`;
}

function refusalOfScope({ scopes }: Actor & { kind: 'server-key' }, { access }: AdmittingRoute): string | undefined {
  const needed = 'serverKey' in access ? access.serverKey : undefined;
  if (needed === undefined) return onlyForPeople;
  return hasServerKeyScope(scopes, needed) ? undefined : `This server key lacks the scope ${needed}.`;
}

const onlyForPeople = 'A server key belongs to one environment and cannot do this; use an account key.';

/** Some things are for people, and not for the server key that an application holds. */
function requirePerson(actor: Actor): asserts actor is Actor & { kind: 'account' } {
  if (actor.kind !== 'account') throw new AppError('FORBIDDEN', onlyForPeople);
}

/** An organization that is named, also where none need be, is one of the person's. */
function requireKnown(actor: Actor): void {
  if (actor.kind === 'account' && actor.organizationId !== undefined) namedMembership(actor);
}

function organizationsOf({ memberships }: Actor & { kind: 'account' }): string[] {
  return memberships.map(({ organizationId }) => organizationId);
}

async function namedEnvironment(
  { db }: Administration,
  actor: Actor,
  { organizationId, name }: { organizationId: string; name: string | undefined },
): Promise<EnvironmentRow> {
  if (actor.kind === 'server-key') {
    const own = await findEnvironment(db, organizationId, { id: actor.environmentId });
    if (!own || (name !== undefined && name !== own.project_env)) throw unknownEnvironment();
    return own;
  }
  if (name === undefined) {
    const message = 'is required with an account key';
    throw new AppError('INVALID_INPUT', `project_env ${message}.`, { errors: [{ path: '/project_env', message }] });
  }
  const environment = await findEnvironment(db, organizationId, { projectEnv: name });
  if (!environment) throw unknownEnvironment();
  return environment;
}

function projectEnvOf({ query, params }: IncomingCall): string | undefined {
  const { project_env: named } = { ...(query as object), ...(params as object) } as { project_env?: unknown }; // checked by the route's schema
  return typeof named === 'string' ? named : undefined;
}

export function unknownEnvironment(): AppError {
  return new AppError('NOT_FOUND', 'There is no such environment.');
}
