import Type, { type Static } from 'typebox';
import { Id, Limit, NamePart, Page, Pagination, ProjectEnvQuery, Propagation, Removed } from '../fields.ts';
import { NewTemplate, Template } from './project.ts';
import { type Route, strict } from './route.ts';

/** Rate-limit templates of an environment (wire.md §3, §7). */
const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);
const answer = Type.Object({ ...Template.properties, propagation: Propagation });
const params = Type.Object({ id: Id });
export const TemplateChange = Type.Partial(NewTemplate, strict);
export type TemplateChange = Static<typeof TemplateChange>;

export const listTemplates = {
  method: 'GET',
  url: '/api/v1/client/templates',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: {
    summary: 'List the templates of an environment, newest first',
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        name: Type.Optional(NamePart),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Template), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createTemplate = {
  method: 'POST',
  url: '/api/v1/template',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: { summary: 'Create a template; null = unlimited', querystring, body: NewTemplate, response: { 201: answer } },
} as const satisfies Route;

export const getTemplate = {
  method: 'GET',
  url: '/api/v1/template/:id',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: { summary: 'Read a template', params, querystring, response: { 200: Template } },
} as const satisfies Route;

export const changeTemplate = {
  method: 'PUT',
  url: '/api/v1/template/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'Change a template; its clients keep what they used, and are held to the new limits on the next request',
    params,
    querystring,
    body: TemplateChange,
    response: { 200: answer },
  },
} as const satisfies Route;

export const deleteTemplate = {
  method: 'DELETE',
  url: '/api/v1/template/:id',
  access: { of: 'environment', role: 'developer', serverKey: 'clients:write' },
  schema: {
    summary: 'Delete a template; clients that use it have to be given up with forceDelete, and have none from then on',
    params,
    querystring: Type.Object(
      {
        project_env: ProjectEnvQuery,
        forceDelete: Type.Optional(Type.Boolean({ description: 'Needed while clients use it, or new ones are to.' })),
      },
      strict,
    ),
    response: { 200: Removed },
  },
} as const satisfies Route;
