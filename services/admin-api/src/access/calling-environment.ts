import type { IncomingHttpHeaders } from 'node:http';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Actor } from './actor.ts';
import { authenticate } from './authenticate.ts';
import { type Access, environmentOf, requireAccount } from './scope.ts';

interface Call {
  headers: IncomingHttpHeaders;
  query: { project_env?: string };
}

/** Who makes a call, and the environment that it is about: how every route of one environment begins. */
export async function callingEnvironment(
  administration: Administration,
  { headers, query }: Call,
  access: Access,
): Promise<{ actor: Actor; environment: EnvironmentRow }> {
  const actor = await authenticate(administration, headers);
  return { actor, environment: await environmentOf(administration, { actor, projectEnv: query.project_env, access }) };
}

/** The environment of a call that only a person may make. */
export async function personsEnvironment(
  administration: Administration,
  call: Call,
  access: Access,
): Promise<EnvironmentRow> {
  const { actor, environment } = await callingEnvironment(administration, call, access);
  requireAccount(actor);
  return environment;
}
