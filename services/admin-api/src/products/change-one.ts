import { Product } from '@keyward/contract/routes/product';
import { findProduct, lockProduct } from '@keyward/stores/postgres/products';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { viewProduct } from './view-product.ts';

/** Changes a product that is there and as the caller has seen it; what did not differ is no change. */
export async function changeOne(
  administration: Administration,
  call: ChangeCall,
  id: string,
  work: (change: Change, productId: string) => Promise<void>,
): Promise<Outcome<Product>> {
  return makeChange(administration, call, async (change) => {
    const { transaction, organizationId } = change;
    const before = await viewProduct(transaction, await lockProduct(transaction, organizationId, id));
    requireMatch(call.ifMatch, etagOf(Product, before));
    await work(change, before.id);
    const after = await viewProduct(transaction, await findProduct(transaction, organizationId, id));
    if (etagOf(Product, after) === etagOf(Product, before)) return done(after);
    change.record({ action: 'product.change', subject: { kind: 'product', id: before.id }, before, after });
    return done(after);
  });
}
