/** Printed from the contract by `scripts/print-reference.ts`; change it there. */
import type { Operations } from './api.ts';

export interface ApiRoute {
  readonly method: string;
  readonly url: string;
  /** May it be said of which environment? */
  readonly isInEnvironment: boolean;
}

/** How each operation is called. */
export const apiRoutes: { readonly [Name in keyof Operations]: ApiRoute } = {
  verify: { method: 'POST', url: '/api/v1/key/verify', isInEnvironment: false },
  listOrganizations: { method: 'GET', url: '/api/v1/organization', isInEnvironment: false },
  createOrganization: { method: 'POST', url: '/api/v1/organization', isInEnvironment: false },
  getOrganization: { method: 'GET', url: '/api/v1/organization/:id', isInEnvironment: false },
  changeOrganization: { method: 'PUT', url: '/api/v1/organization/:id', isInEnvironment: false },
  deleteOrganization: { method: 'DELETE', url: '/api/v1/organization/:id', isInEnvironment: false },
  listClients: { method: 'GET', url: '/api/v1/client', isInEnvironment: true },
  createClient: { method: 'POST', url: '/api/v1/client', isInEnvironment: true },
  getClient: { method: 'GET', url: '/api/v1/client/:id', isInEnvironment: true },
  changeClient: { method: 'PUT', url: '/api/v1/client/:id', isInEnvironment: true },
  deleteClient: { method: 'DELETE', url: '/api/v1/client/:id', isInEnvironment: true },
  listKeys: { method: 'GET', url: '/api/v1/key', isInEnvironment: true },
  createKey: { method: 'POST', url: '/api/v1/key', isInEnvironment: true },
  createKeys: { method: 'POST', url: '/api/v1/key/bulk', isInEnvironment: true },
  getKey: { method: 'GET', url: '/api/v1/key/:id', isInEnvironment: true },
  changeKey: { method: 'PATCH', url: '/api/v1/key/:id', isInEnvironment: true },
  revokeKey: { method: 'POST', url: '/api/v1/key/:id/revoke', isInEnvironment: true },
  revokeKeys: { method: 'POST', url: '/api/v1/key/revoke', isInEnvironment: true },
  rotateKey: { method: 'POST', url: '/api/v1/key/:id/rotate', isInEnvironment: true },
  deleteKey: { method: 'DELETE', url: '/api/v1/key/:id', isInEnvironment: true },
  listRotations: { method: 'GET', url: '/api/v1/client/:id/rotations', isInEnvironment: true },
  claimRotation: { method: 'POST', url: '/api/v1/client/:id/rotations/:rid/claim', isInEnvironment: true },
  listProjects: { method: 'GET', url: '/api/v1/project', isInEnvironment: false },
  createProject: { method: 'POST', url: '/api/v1/project', isInEnvironment: false },
  getProject: { method: 'GET', url: '/api/v1/project/:project', isInEnvironment: false },
  changeProject: { method: 'PUT', url: '/api/v1/project/:project', isInEnvironment: false },
  deleteProject: { method: 'DELETE', url: '/api/v1/project/:project', isInEnvironment: false },
  listProducts: { method: 'GET', url: '/api/v1/product', isInEnvironment: false },
  createProduct: { method: 'POST', url: '/api/v1/product', isInEnvironment: false },
  getProduct: { method: 'GET', url: '/api/v1/product/:id', isInEnvironment: false },
  changeProduct: { method: 'PUT', url: '/api/v1/product/:id', isInEnvironment: false },
  deleteProduct: { method: 'DELETE', url: '/api/v1/product/:id', isInEnvironment: false },
  addProductToProject: { method: 'POST', url: '/api/v1/product/:id/project/:project', isInEnvironment: false },
  removeProductFromProject: { method: 'DELETE', url: '/api/v1/product/:id/project/:project', isInEnvironment: false },
  readUsage: { method: 'GET', url: '/api/v1/usage', isInEnvironment: true },
};
