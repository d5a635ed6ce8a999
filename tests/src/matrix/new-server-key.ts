import type { ServerKeyScope } from '@keyward/contract/access';
import { type Answer, call } from '../platform/wire-client.ts';
import type { Place } from './route-row.ts';

/** Makes a server key of the place's environment, with these scopes. */
export function newServerKey({ owner, environment }: Place, scopes: readonly ServerKeyScope[]): Promise<Answer> {
  const body = { name: 'of the matrix', scopes };
  return call(owner, 'POST', `/server-key?project_env=${environment.projectEnv}`, { body });
}
