import Type, { type Static } from 'typebox';
import { Cursor, CursorLimit, Id, InputTime, NextCursor, Nullable, Timestamp } from '../fields.ts';
import { verdictCodes } from '../verdict.ts';
import { type Route, strict } from './route.ts';

/** What is kept of single requests (wire.md §3). What the environment redacts is null. */
export const LogLine = Type.Object({
  eventId: Id,
  at: Timestamp,
  clientId: Id,
  keyId: Id,
  code: Type.String({ description: 'The verdict; `ALLOWED`, or why it was refused.' }),
  status: Type.Enum(['success', 'error']),
  endpoint: Type.String({ description: 'The endpoint that the request was counted for, as `GET:/users/{id}`.' }),
  methodPath: Nullable(Type.String()),
  name: Nullable(Type.String({ description: 'What the application calls the key; nobody checks it.' })),
  ip: Nullable(Type.String()),
  userAgent: Nullable(Type.String()),
  durationMs: Type.Number(),
  cost: Type.Integer({ description: 'What the request asked of the limits.' }),
  degraded: Type.Boolean({ description: 'Decided by the failure policy `open`.' }),
  tracked: Type.Boolean({ description: 'false: asked for with `trackUsage: false`, and so no use of the key.' }),
});
export type LogLine = Static<typeof LogLine>;

/** A method, `:` or `:::`, and a path, concrete or a pattern; it is folded as requests are. */
export const EndpointQuery = Type.String({
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:(::)?/",
  maxLength: 2_100,
  description: 'An endpoint, `GET:/users/{id}`, or a method_path that is of it.',
});

export const LogQuery = Type.Object(
  {
    clientId: Type.Optional(Id),
    keyId: Type.Optional(Id),
    endpoint: Type.Optional(EndpointQuery),
    status: Type.Optional(Type.Enum(['success', 'error'])),
    code: Type.Optional(Type.Enum(verdictCodes)),
    ip: Type.Optional(Type.String({ minLength: 2, maxLength: 45, description: 'An IPv4 or IPv6 address.' })),
    from: Type.Optional(InputTime),
    to: Type.Optional({ ...InputTime, description: 'Not included.' }),
    limit: Type.Optional(CursorLimit),
    cursor: Type.Optional(Cursor),
  },
  strict,
);
export type LogQuery = Static<typeof LogQuery>;

export const listLogs = {
  method: 'GET',
  url: '/api/v1/project/:project_env/logs',
  access: { of: 'environment', role: 'viewer', serverKey: 'logs:read' },
  schema: {
    summary: 'List the logged requests of an environment, newest first',
    params: Type.Object({ project_env: Type.String({ minLength: 1, maxLength: 200 }) }),
    querystring: LogQuery,
    response: { 200: Type.Object({ data: Type.Array(LogLine), nextCursor: NextCursor }) },
  },
} as const satisfies Route;
