import type { ApiCalls, ChangeOptions, PostOptions } from './api-calls.ts';
import { createResource, type Entity, type Resource } from './resource.ts';

/** A product, by its id, and a project, by its id or slug. */
export interface Placement {
  id: string;
  project: string;
}

export interface Products extends Resource<'Product'> {
  /** Once more changes nothing. */
  addToProject(where: Placement, options?: PostOptions<'addProductToProject'>): Promise<Entity<'Product'>>;
  /** Once more changes nothing. */
  removeFromProject(where: Placement, options?: ChangeOptions<'removeProductFromProject'>): Promise<Entity<'Product'>>;
}

export function createProducts(api: ApiCalls): Products {
  return {
    ...createResource(api, 'Product'),
    addToProject: ({ id, project }, options) => api.call('addProductToProject', { params: { id, project }, options }),
    removeFromProject: ({ id, project }, options) =>
      api.call('removeProductFromProject', { params: { id, project }, options }),
  };
}
