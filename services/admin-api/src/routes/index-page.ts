import { changeClient, createClient, deleteClient, getClient, listClients } from '@keyward/contract/routes/client';
import { readConservation } from '@keyward/contract/routes/conservation';
import { listDeadLetters, replayDeadLetter, replayDeadLetters } from '@keyward/contract/routes/dead-letter';
import {
  changeEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  registerEndpoint,
} from '@keyward/contract/routes/endpoint';
import { listLogs } from '@keyward/contract/routes/log';
import { createProject, getProject, listProjects } from '@keyward/contract/routes/project';
import { addRequestKey, deleteRequestKey, listRequestKeys } from '@keyward/contract/routes/request-key';
import { createServerKey, listServerKeys, revokeServerKey } from '@keyward/contract/routes/server-key';
import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import { changeTemplate, createTemplate, listTemplates } from '@keyward/contract/routes/template';
import { readUsage } from '@keyward/contract/routes/usage';
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
  listLogs,
  readUsage,
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
  listDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
  readConservation,
];

/** What somebody who opens the admin-api's address is told. */
export function indexRoute(app: App): void {
  const listed = routes.map(({ method, url, schema }) => ({ method, url, summary: schema.summary }));
  app.get('/', async () => ({ service: 'Keyward admin-api', routes: listed }));
}
