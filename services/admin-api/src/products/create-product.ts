import type { IfExists } from '@keyward/contract/fields';
import type { NewProduct, Product } from '@keyward/contract/routes/product';
import { newId } from '@keyward/kit/random';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { findProductByName, insertProduct } from '@keyward/stores/postgres/products';
import type { Administration } from '../administration.ts';
import { existingOne } from '../changes/existing-one.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { checkFields } from './check-fields.ts';
import { placeProduct } from './place-product.ts';
import { viewProduct } from './view-product.ts';

/** Creates a product, or answers the one of that name. */
export async function createProduct(
  administration: Administration,
  call: ChangeCall,
  { input, ifExists }: { input: NewProduct; ifExists: IfExists | undefined },
): Promise<Outcome<Product>> {
  return makeChange(administration, call, async (change) => {
    const { transaction, now, organizationId } = change;
    await lockOrganization(transaction, organizationId);
    const projectIds = await checkFields(transaction, organizationId, input);
    const row = {
      id: newId(),
      organization_id: organizationId,
      name: input.name,
      description: input.description ?? null,
      metadata: input.metadata ?? {},
      created_at: now,
      updated_at: now,
    };
    if (!(await insertProduct(transaction, { ...row, metadata: JSON.stringify(row.metadata) }))) {
      const existing = await findProductByName(transaction, organizationId, input.name);
      if (!existing) throw new BeginAnew(); // it was deleted in between
      const message = 'This organization has a product of that name.';
      return existingOne({ view: await viewProduct(transaction, existing), ifExists, message });
    }
    await placeProduct(change, row.id, projectIds ?? []);
    const view = await viewProduct(transaction, row);
    change.record({ action: 'product.create', subject: { kind: 'product', id: row.id }, after: view });
    return created(view);
  });
}
