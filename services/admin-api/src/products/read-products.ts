import type { Product } from '@keyward/contract/routes/product';
import { findProduct, listProducts } from '@keyward/stores/postgres/products';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { projectNamed } from '../projects/find-project.ts';
import { viewProduct, viewProducts } from './view-product.ts';

interface ListOptions {
  organizationId: string;
  name?: string | undefined;
  /** Its id or slug. */
  project?: string | undefined;
  page: number;
  limit: number;
}

export async function readProducts(
  { db }: Administration,
  { organizationId, name, project, page, limit }: ListOptions,
): Promise<Paged<Product>> {
  const projectId = project === undefined ? undefined : (await projectNamed(db, organizationId, project)).id;
  const part = { limit, offset: (page - 1) * limit };
  const { total, rows } = await listProducts(db, { organizationId, filter: { name, projectId }, ...part });
  return paged({ data: await viewProducts(db, rows), total, page, limit });
}

export async function readProduct({ db }: Administration, organizationId: string, id: string): Promise<Product> {
  return viewProduct(db, await findProduct(db, organizationId, id));
}
