import type { Product } from '@keyward/contract/routes/product';
import {
  addProductToProject as add,
  listProjectsOfProducts,
  removeProductFromProject as remove,
  updateProduct,
} from '@keyward/stores/postgres/products';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import type { ChangeCall } from '../changes/make-change.ts';
import type { Outcome } from '../changes/outcome.ts';
import { keptProject, unknownProject } from '../projects/find-project.ts';
import { changeOne } from './change-one.ts';

/** Puts a product into these projects, and takes it out of all others. */
export async function placeProduct(
  { transaction, organizationId, now }: Change,
  productId: string,
  projectIds: readonly string[],
): Promise<void> {
  const present = (await listProjectsOfProducts(transaction, [productId])).map(({ id }) => id);
  const wanted = new Set(projectIds);
  for (const projectId of present.filter((id) => !wanted.has(id)))
    await remove(transaction, { organizationId, productId, projectId });
  for (const projectId of [...wanted].sort()) await add(transaction, { organizationId, productId, projectId, now });
}

interface Placing {
  id: string;
  /** Its id or slug. */
  project: string;
}

export async function addProductToProject(
  administration: Administration,
  call: ChangeCall,
  placing: Placing,
): Promise<Outcome<Product>> {
  return changePlace(administration, call, { ...placing, place: add });
}

export async function removeProductFromProject(
  administration: Administration,
  call: ChangeCall,
  placing: Placing,
): Promise<Outcome<Product>> {
  return changePlace(administration, call, { ...placing, place: remove });
}

/** `place` says whether it has changed something. */
async function changePlace(
  administration: Administration,
  call: ChangeCall,
  { id, project, place }: Placing & { place: typeof add | typeof remove },
): Promise<Outcome<Product>> {
  return changeOne(administration, call, id, async ({ transaction, organizationId, now }, productId) => {
    const kept = await keptProject(transaction, organizationId, project);
    if (!kept) throw unknownProject();
    const hasChanged = await place(transaction, { organizationId, productId, projectId: kept.id, now });
    if (hasChanged) await updateProduct(transaction, productId, { updated_at: now });
  });
}
