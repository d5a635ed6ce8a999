import Type, { type Static } from 'typebox';
import {
  Description,
  Id,
  IfExists,
  Limit,
  Metadata,
  Name,
  NamePart,
  Nullable,
  Page,
  Pagination,
  Propagation,
  Timestamp,
} from '../fields.ts';
import { OfUse } from '../of-use.ts';
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

const EnvironmentType = Type.String({
  pattern: slug,
  description: 'For example `production`; `project_env` is `{slug}-{type}`.',
});
const environmentFields = {
  url: Type.Optional(Nullable(Type.String({ maxLength: 2048, pattern: '^https?://' }))),
  metadata: Type.Optional(Metadata),
  status: Type.Optional(
    Type.Enum(['active', 'disabled'], { description: 'Every request to a `disabled` one is refused.' }),
  ),
};
const newEnvironmentFields = {
  type: EnvironmentType,
  ...environmentFields,
  templates: Type.Optional(Type.Array(NewTemplate, { maxItems: 100 })),
};
export const NewEnvironment = Type.Object(newEnvironmentFields, strict);
export type NewEnvironment = Static<typeof NewEnvironment>;
export const NewProject = Type.Object(
  {
    slug: Type.String({ pattern: slug }),
    name: Name,
    description: Type.Optional(Description),
    metadata: Type.Optional(Metadata),
    envs: Type.Array(NewEnvironment, { minItems: 1, maxItems: 20 }),
  },
  strict,
);
export type NewProject = Static<typeof NewProject>;

/** Changes the environment of this type, deletes it, or adds it. */
export const EnvironmentItem = Type.Object(
  {
    ...newEnvironmentFields,
    delete: Type.Optional(Type.Boolean({ description: 'Its keys stop at once; its clients and logs are erased.' })),
    forceDelete: Type.Optional(Type.Boolean({ description: 'Needed while it has active clients.' })),
  },
  strict,
);
export type EnvironmentItem = Static<typeof EnvironmentItem>;

export const EnvironmentChange = Type.Object(environmentFields, strict);
export type EnvironmentChange = Static<typeof EnvironmentChange>;

export const ProjectChange = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    metadata: Type.Optional(Metadata),
    singleEnv: Type.Optional(EnvironmentChange),
    envs: Type.Optional(
      Type.Array(EnvironmentItem, { maxItems: 20, description: 'What is not in the list stays as it is.' }),
    ),
  },
  strict,
);
export type ProjectChange = Static<typeof ProjectChange>;

const Count = Type.Object({ count: OfUse(Type.Integer()), max: Unlimited });
export const EnvSummary = Type.Object({
  id: Id,
  project_env: Type.String(),
  type: Type.String(),
  url: Nullable(Type.String()),
  version: OfUse(Type.Integer({ description: 'Rises with every change that validators hear of.' })),
  status: Type.Enum(['active', 'disabled']),
  metadata: Metadata,
  templates: Type.Object({ count: OfUse(Type.Integer()), list: Type.Array(Template) }),
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
  team: OfUse(
    Type.Object({
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
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  envs: Type.Object({ count: Type.Integer(), max: Unlimited, list: Type.Array(EnvSummary) }),
  env: OfUse(Nullable(EnvSummary)),
  propagation: Propagation,
});
export type ProjectSummary = Static<typeof ProjectSummary>;

const params = Type.Object({ project: Type.String({ minLength: 1, maxLength: 200 }) });

export const createProject = {
  method: 'POST',
  url: '/api/v1/project',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary:
      'Create a project with its environments; each gets a server key and a signing secret, shown once; with ifExists=return, one of that slug is answered',
    querystring: Type.Object({ ifExists: IfExists }, strict),
    body: NewProject,
    response: { 200: ProjectSummary, 201: ProjectSummary },
  },
} as const satisfies Route;

export const listProjects = {
  method: 'GET',
  url: '/api/v1/project',
  access: { of: 'organization', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'List the projects that the credential may see, newest first',
    querystring: Type.Object(
      {
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        name: Type.Optional(NamePart),
        slug: Type.Optional(Type.String({ maxLength: 200 })),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(ProjectSummary), pagination: Pagination }) },
  },
} as const satisfies Route;

export const getProject = {
  method: 'GET',
  url: '/api/v1/project/:project',
  access: { of: 'organization', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'Read a project by slug, or by the project_env of one of its environments (then `env` is that one)',
    params,
    response: { 200: ProjectSummary },
  },
} as const satisfies Route;

export const changeProject = {
  method: 'PUT',
  url: '/api/v1/project/:project',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary:
      'Change parts of a project; `singleEnv` changes the environment whose project_env the URL names, `envs` changes, adds and deletes environments by type',
    params,
    body: ProjectChange,
    response: { 200: ProjectSummary },
  },
} as const satisfies Route;

export const ProjectRemoval = Type.Object(
  {
    envId: Type.Optional(Id),
    templateId: Type.Optional(Id),
    kind: Type.Optional(
      Type.Enum(['project', 'env', 'template'], {
        description:
          'What is to be deleted, where it is not what the other parameters name; without any, a slug names the project and a project_env its environment.',
      }),
    ),
    forceDelete: Type.Optional(Type.Boolean({ description: 'Needed while active clients are concerned.' })),
  },
  strict,
);
export type ProjectRemoval = Static<typeof ProjectRemoval>;

export const ProjectRemoved = Type.Object({
  success: Type.Literal(true),
  deleted: Type.Enum(['project', 'env', 'template']),
  slug: Type.String({ description: "The project's slug, the environment's project_env, or the template's name." }),
  forced: Type.Boolean({ description: 'It was deleted in spite of active clients.' }),
  propagation: Propagation,
});
export type ProjectRemoved = Static<typeof ProjectRemoved>;

export const deleteProject = {
  method: 'DELETE',
  url: '/api/v1/project/:project',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary:
      'Delete a project, one of its environments, or a template; keys stop at once, personal data is erased, totals stay',
    params,
    querystring: ProjectRemoval,
    response: { 200: ProjectRemoved },
  },
} as const satisfies Route;
