import Type, { type Static } from 'typebox';
import { Id, Nullable, ProjectEnvQuery, Removed, Timestamp } from '../fields.ts';
import { type Route, strict } from './route.ts';

/** What was deleted is erased (wire.md §3, §8); the receipt tells how far that is. */
export const Erased = Type.Object({
  ...Removed.properties,
  erasureId: Type.Optional(
    Type.String({ description: 'The receipt of what is erased elsewhere: `GET /erasure/{id}`.' }),
  ),
});
export type Erased = Static<typeof Erased>;

export const Erasure = Type.Object({
  id: Id,
  clientId: Id,
  keyId: Nullable({
    ...Id,
    description: 'null: the client with all of its keys, also when the key was the only one of a client of its own.',
  }),
  requestedAt: Timestamp,
  completedAt: Nullable({ ...Timestamp, description: 'null: logs and dead letters still have to forget.' }),
  counts: Type.Object({
    auditRecords: Type.Integer({ description: 'Audit records whose content was erased.' }),
    sightings: Type.Integer({ description: 'Notes of locally signed keys that were to be registered.' }),
    logLines: Type.Integer({ description: 'Lines of the logs without address, user agent and name now.' }),
    deadLetters: Type.Integer({ description: 'Events that could not be counted, without the same now.' }),
  }),
});
export type Erasure = Static<typeof Erasure>;

export const getErasure = {
  method: 'GET',
  url: '/api/v1/erasure/:id',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'Read the receipt of an erasure: what was asked for, and what was erased so far',
    params: Type.Object({ id: Id }),
    querystring: Type.Object({ project_env: ProjectEnvQuery }, strict),
    response: { 200: Erasure },
  },
} as const satisfies Route;
