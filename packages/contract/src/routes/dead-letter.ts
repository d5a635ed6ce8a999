import Type, { type Static } from 'typebox';
import { Id, Limit, Nullable, Page, Pagination, ProjectEnvQuery, Timestamp } from '../fields.ts';
import { type Route, strict } from './route.ts';

/**
 * Events that could not be counted, kept until they are (wire.md §7). Without `project_env` an account key of the operator is
 * shown those that belong to no environment that is known.
 */
export const DeadLetter = Type.Object({
  id: Id,
  createdAt: Timestamp,
  type: Type.String({ description: 'Its CloudEvents type; empty when it had none.' }),
  reason: Type.String(),
  attempts: Type.Integer(),
  eventId: Nullable(Id),
  replayAt: Nullable({ ...Timestamp, description: 'When somebody asked to have it counted after all.' }),
  sizeBytes: Type.Integer(),
  data: Type.Unknown({ description: 'The event; null when it is not JSON, or longer than 64 kB.' }),
  text: Nullable(Type.String({ description: 'What there is of it instead: its first 64 kB, as UTF-8.' })),
  cut: Type.Boolean({ description: 'Is there more of it than this?' }),
});
export type DeadLetter = Static<typeof DeadLetter>;

const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const listDeadLetters = {
  method: 'GET',
  url: '/api/v1/dead-letter',
  access: { of: 'environment', role: 'viewer', serverKey: 'logs:read' },
  schema: {
    summary: 'List the events that could not be counted, newest first',
    querystring: Type.Object(
      { project_env: ProjectEnvQuery, page: Type.Optional(Page), limit: Type.Optional(Limit) },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(DeadLetter), pagination: Pagination }) },
  },
} as const satisfies Route;

export const replayDeadLetter = {
  method: 'POST',
  url: '/api/v1/dead-letter/:id/replay',
  access: { of: 'environment', role: 'admin' },
  schema: {
    summary: 'Have an event tried again; it is counted once, however often it is asked for',
    params: Type.Object({ id: Id }),
    querystring,
    response: { 202: DeadLetter },
  },
} as const satisfies Route;

export const replayDeadLetters = {
  method: 'POST',
  url: '/api/v1/dead-letter/replay',
  access: { of: 'environment', role: 'admin' },
  schema: {
    summary: 'Have all of them tried again',
    querystring,
    response: { 202: Type.Object({ requested: Type.Integer({ description: 'How many wait for it now.' }) }) },
  },
} as const satisfies Route;
