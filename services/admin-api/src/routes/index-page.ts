import { changeClient, createClient, deleteClient, getClient, listClients } from '@keyward/contract/routes/client';
import {
  changeEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  registerEndpoint,
} from '@keyward/contract/routes/endpoint';
import { createProject, getProject, listProjects } from '@keyward/contract/routes/project';
import { addRequestKey, deleteRequestKey, listRequestKeys } from '@keyward/contract/routes/request-key';
import { createServerKey, listServerKeys, revokeServerKey } from '@keyward/contract/routes/server-key';
import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import { changeTemplate, createTemplate, listTemplates } from '@keyward/contract/routes/template';
import type { App } from '@keyward/kit/http-app';

const routes = [
  listClients,
  createClient,
  getClient,
  changeClient,
  deleteClient,
  listProjects,
  createProject,
  getProject,
  registerEndpoint,
  listEndpoints,
  getEndpoint,
  changeEndpoint,
  deleteEndpoint,
  listServerKeys,
  createServerKey,
  revokeServerKey,
  listRequestKeys,
  addRequestKey,
  deleteRequestKey,
  getSettings,
  changeSettings,
  listTemplates,
  createTemplate,
  changeTemplate,
];

/** What somebody who opens the admin-api's address is told. */
export function indexRoute(app: App): void {
  const listed = routes.map(({ method, url, schema }) => ({ method, url, summary: schema.summary }));
  app.get('/', async () => ({ service: 'Keyward admin-api', routes: listed }));
}
