import type { Product } from '@keyward/contract/routes/product';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { listProjectsOfProducts, type ProductRow } from '@keyward/stores/postgres/products';

/** Products as the API shows them, with the projects that they are in. */
export async function viewProducts(db: Database, rows: readonly ProductRow[]): Promise<Product[]> {
  const ids = rows.map((row) => row.id);
  const projects = Map.groupBy(await listProjectsOfProducts(db, ids), (project) => project.product_id);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    projects: (projects.get(row.id) ?? []).map(({ id, slug }) => ({ id, slug })),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}

/** One product, as `viewProducts` shows it; undefined: there is none. */
export async function viewProduct(db: Database, row: ProductRow | undefined): Promise<Product> {
  const [product] = row ? await viewProducts(db, [row]) : [];
  if (!product) throw new AppError('NOT_FOUND', 'There is no such product.');
  return product;
}
