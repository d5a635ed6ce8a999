import Type, { type Static } from 'typebox';
import { Id, Limit, Metadata, Name, Nullable, Page, Pagination, Timestamp } from '../fields.ts';
import { Secret } from '../secret.ts';
import { type Route, strict } from './route.ts';

/** Projects with their environments and templates (wire.md §3). */
const slug = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
const RateLimit = Type.Optional(
  Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, description: 'null = unlimited' })),
);
const templateFields = {
  name: Name,
  rateLimitHour: RateLimit,
  rateLimitDay: RateLimit,
  rateLimitWeek: RateLimit,
  rateLimitMonth: RateLimit,
  maxClients: RateLimit,
};
export const NewTemplate = Type.Object(templateFields, strict);
export type NewTemplate = Static<typeof NewTemplate>;
const Unlimited = Nullable(Type.Integer());
export const Template = Type.Object({
  id: Id,
  name: Type.String(),
  rateLimitHour: Unlimited,
  rateLimitDay: Unlimited,
  rateLimitWeek: Unlimited,
  rateLimitMonth: Unlimited,
  maxClients: Unlimited,
});
export type Template = Static<typeof Template>;

export const NewEnvironment = Type.Object(
  {
    type: Type.String({ pattern: slug, description: 'For example `production`; `project_env` is `{slug}-{type}`.' }),
    url: Type.Optional(Nullable(Type.String({ maxLength: 2048, pattern: '^https?://' }))),
    templates: Type.Optional(Type.Array(NewTemplate, { maxItems: 100 })),
  },
  strict,
);
export const NewProject = Type.Object(
  {
    slug: Type.String({ pattern: slug }),
    name: Name,
    description: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
    metadata: Type.Optional(Metadata),
    envs: Type.Array(NewEnvironment, { minItems: 1, maxItems: 20 }),
  },
  strict,
);
export type NewProject = Static<typeof NewProject>;

const Count = Type.Object({ count: Type.Integer(), max: Unlimited });
export const EnvSummary = Type.Object({
  id: Id,
  project_env: Type.String(),
  type: Type.String(),
  url: Nullable(Type.String()),
  version: Type.Integer(),
  status: Type.Enum(['active', 'disabled']),
  metadata: Metadata,
  templates: Type.Object({ count: Type.Integer(), list: Type.Array(Template) }),
  clients: Count,
  endpoints: Count,
  rateLimits: Type.Object({ hour: Count, day: Count, week: Count, month: Count }),
  serverKey: Type.Optional(
    Secret(Type.String({ description: 'The first server key; in the answer that creates the environment only.' })),
  ),
  signingSecret: Type.Optional(
    Secret(Type.String({ description: 'The first signing secret; in the answer that creates it only.' })),
  ),
});
export type EnvSummary = Static<typeof EnvSummary>;

export const ProjectSummary = Type.Object({
  id: Id,
  slug: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String()),
  metadata: Metadata,
  team: Type.Object({
    id: Id,
    name: Type.String(),
    members: Type.Object({
      count: Type.Integer(),
      max: Unlimited,
      list: Type.Array(Type.Object({ id: Id, email: Type.String(), role: Type.String() })),
    }),
    credentials: Type.Object({
      count: Type.Integer(),
      list: Type.Array(
        Type.Object({ id: Id, name: Type.String(), keyPrefix: Type.String(), project_env: Type.String() }),
      ),
    }),
  }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  envs: Type.Object({ count: Type.Integer(), max: Unlimited, list: Type.Array(EnvSummary) }),
  env: Nullable(EnvSummary),
  propagation: Type.Optional(Type.Literal('pending')),
});
export type ProjectSummary = Static<typeof ProjectSummary>;

export const createProject = {
  method: 'POST',
  url: '/api/v1/project',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary: 'Create a project with its environments; each gets a server key and a signing secret, shown once',
    body: NewProject,
    response: { 201: ProjectSummary },
  },
} as const satisfies Route;

export const listProjects = {
  method: 'GET',
  url: '/api/v1/project',
  access: { of: 'organization', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'List the projects that the credential may see, newest first',
    querystring: Type.Object({ page: Type.Optional(Page), limit: Type.Optional(Limit) }, strict),
    response: { 200: Type.Object({ data: Type.Array(ProjectSummary), pagination: Pagination }) },
  },
} as const satisfies Route;

export const getProject = {
  method: 'GET',
  url: '/api/v1/project/:project',
  access: { of: 'organization', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'Read a project by slug, or by the project_env of one of its environments (then `env` is that one)',
    params: Type.Object({ project: Type.String({ minLength: 1, maxLength: 200 }) }),
    response: { 200: ProjectSummary },
  },
} as const satisfies Route;
