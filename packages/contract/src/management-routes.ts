import { createAccountKey, deleteAccountKey, listAccountKeys } from './routes/account-key.ts';
import { exportAudit, listAudit } from './routes/audit.ts';
import { changeClient, createClient, deleteClient, getClient, listClients } from './routes/client.ts';
import { readConservation } from './routes/conservation.ts';
import { listDeadLetters, replayDeadLetter, replayDeadLetters } from './routes/dead-letter.ts';
import { changeEndpoint, deleteEndpoint, getEndpoint, listEndpoints, registerEndpoint } from './routes/endpoint.ts';
import {
  acceptInvitation,
  createInvitation,
  getInvitation,
  listInvitations,
  registerByInvitation,
  revokeInvitation,
} from './routes/invitation.ts';
import { listLogs } from './routes/log.ts';
import { changeMember, getMember, leaveOrganization, listMembers, removeMember } from './routes/member.ts';
import {
  changeOrganization,
  createOrganization,
  deleteOrganization,
  getOrganization,
  listOrganizations,
} from './routes/organization.ts';
import {
  addProductToProject,
  changeProduct,
  createProduct,
  deleteProduct,
  getProduct,
  listProducts,
  removeProductFromProject,
} from './routes/product.ts';
import { changeProject, createProject, deleteProject, getProject, listProjects } from './routes/project.ts';
import { addRequestKey, deleteRequestKey, listRequestKeys } from './routes/request-key.ts';
import type { Route } from './routes/route.ts';
import {
  changeServerKey,
  createServerKey,
  getServerKey,
  listServerKeys,
  revokeServerKey,
  rotateServerKey,
} from './routes/server-key.ts';
import {
  changePassword,
  getSession,
  listSessions,
  revokeSession,
  signIn,
  signOut,
  signOutEverywhere,
} from './routes/session.ts';
import { changeSettings, getSettings } from './routes/settings.ts';
import { readSignIn } from './routes/sign-in.ts';
import {
  addSigningSecret,
  changeSigningSecret,
  deleteSigningSecret,
  getSigningSecret,
  listSigningSecrets,
} from './routes/signing-secret.ts';
import { changeTemplate, createTemplate, deleteTemplate, getTemplate, listTemplates } from './routes/template.ts';
import { readUsage } from './routes/usage.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  replayDeliveries,
  replayDelivery,
  rotateWebhookSecret,
  testWebhook,
} from './routes/webhook.ts';

/** All routes of the management API: its index, its documentation and the matrix of who may do what are made from them. */
export const managementRoutes: readonly Route[] = [
  listOrganizations,
  createOrganization,
  getOrganization,
  changeOrganization,
  deleteOrganization,
  listClients,
  createClient,
  getClient,
  changeClient,
  deleteClient,
  listProjects,
  createProject,
  getProject,
  changeProject,
  deleteProject,
  listProducts,
  createProduct,
  getProduct,
  changeProduct,
  deleteProduct,
  addProductToProject,
  removeProductFromProject,
  listLogs,
  readUsage,
  registerEndpoint,
  listEndpoints,
  getEndpoint,
  changeEndpoint,
  deleteEndpoint,
  listServerKeys,
  createServerKey,
  getServerKey,
  changeServerKey,
  rotateServerKey,
  revokeServerKey,
  listSigningSecrets,
  addSigningSecret,
  getSigningSecret,
  changeSigningSecret,
  deleteSigningSecret,
  listRequestKeys,
  addRequestKey,
  deleteRequestKey,
  getSettings,
  changeSettings,
  listTemplates,
  createTemplate,
  getTemplate,
  changeTemplate,
  deleteTemplate,
  listDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
  readConservation,
  listAudit,
  exportAudit,
  listWebhooks,
  createWebhook,
  getWebhook,
  changeWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  testWebhook,
  listDeliveries,
  replayDelivery,
  replayDeliveries,
  listAccountKeys,
  createAccountKey,
  deleteAccountKey,
  readSignIn,
  signIn,
  getSession,
  signOut,
  listSessions,
  signOutEverywhere,
  revokeSession,
  changePassword,
  listMembers,
  getMember,
  changeMember,
  removeMember,
  leaveOrganization,
  listInvitations,
  createInvitation,
  getInvitation,
  revokeInvitation,
  acceptInvitation,
  registerByInvitation,
];
