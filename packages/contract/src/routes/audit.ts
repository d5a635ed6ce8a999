import Type, { type Static } from 'typebox';
import { Cursor, CursorLimit, Id, InputTime, NextCursor, Nullable, ProjectEnvQuery, Timestamp } from '../fields.ts';
import { type Route, strict } from './route.ts';

/** What was done in an organization, and what was tried without the right to (wire.md §7). */
const Hash = Type.String({ description: 'SHA-256, hex.' });
const facts = {
  id: Id,
  seq: Type.Integer({ description: '1 and so on in each organization, without a gap.' }),
  at: Timestamp,
  actor: Type.Object({
    kind: Type.Enum(['user', 'server-key', 'system'], { description: 'system: Keyward itself.' }),
    id: Nullable(Id),
  }),
  action: Type.String({
    description: '`<resource>.<verb>`; `call.denied`: somebody tried to change what they may not.',
  }),
  outcome: Type.Enum(['done', 'denied']),
  subject: Type.Object({
    kind: Type.String({ description: 'The resource; `route` with `call.denied`.' }),
    id: Nullable(Type.String()),
  }),
  environmentId: Nullable(Id),
  requestId: Type.String({ description: 'As errors and logs name it.' }),
};
export const AuditRecord = Type.Object({
  ...facts,
  diff: Type.Unknown({
    description:
      '`before` and `after` with the fields that differ, without secrets. null: nothing to tell, or erased with the client that it told of.',
  }),
  hash: Hash,
});
export type AuditRecord = Static<typeof AuditRecord>;

export const AuditExportLine = Type.Object({
  organizationId: Id,
  ...facts,
  diff: Nullable(Type.String({ description: 'JSON, as it was hashed; null: there was none, or it was erased.' })),
  diffHash: { ...Hash, description: 'SHA-256 of the diff as it was written, hex; of nothing if there was none.' },
  previousHash: Nullable({ ...Hash, description: 'The hash of the record before; null: that one is missing.' }),
  hash: {
    ...Hash,
    description:
      'SHA-256, hex, of the JSON array [previousHash, organizationId, seq, id, at, actor.kind, actor.id, action, outcome, subject.kind, subject.id, environmentId, requestId, diffHash], without spaces.',
  },
});
export type AuditExportLine = Static<typeof AuditExportLine>;

const filters = {
  actor: Type.Optional({ ...Id, description: 'The id of who did it.' }),
  action: Type.Optional(Type.String({ pattern: '^[a-z-]{1,50}\\.[a-z-]{1,50}$', description: 'As `client.create`.' })),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'The id of what it was done to.' })),
  project_env: ProjectEnvQuery,
  environment: Type.Optional({
    ...Id,
    description: 'The id of an environment, in the place of `project_env`: a deleted one has no name any more.',
  }),
  outcome: Type.Optional(facts.outcome),
  from: Type.Optional(InputTime),
  to: Type.Optional({ ...InputTime, description: 'Not included.' }),
};
export const AuditQuery = Type.Object(
  { ...filters, limit: Type.Optional(CursorLimit), cursor: Type.Optional(Cursor) },
  strict,
);
export type AuditQuery = Static<typeof AuditQuery>;
export const AuditExportQuery = Type.Object(filters, strict);
export type AuditExportQuery = Static<typeof AuditExportQuery>;

export const listAudit = {
  method: 'GET',
  url: '/api/v1/audit',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'List what was done in the organization, and by whom, newest first',
    querystring: AuditQuery,
    response: { 200: Type.Object({ data: Type.Array(AuditRecord), nextCursor: NextCursor }) },
  },
} as const satisfies Route;

export const exportAudit = {
  method: 'GET',
  url: '/api/v1/audit/export',
  access: { of: 'organization', role: 'admin' },
  answersLines: true,
  schema: {
    summary: 'Export the same, oldest first, one JSON object a line, with the hashes that prove it whole',
    querystring: AuditExportQuery,
    response: { 200: AuditExportLine },
  },
} as const satisfies Route;
