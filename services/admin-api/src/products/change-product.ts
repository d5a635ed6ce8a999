import type { Removed } from '@keyward/contract/fields';
import { Product, type ProductChange } from '@keyward/contract/routes/product';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import {
  countLivingKeysFor,
  deleteProduct,
  findProductByName,
  lockDoomedProduct,
  updateProduct,
} from '@keyward/stores/postgres/products';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { type Outcome, removed } from '../changes/outcome.ts';
import { changeOne } from './change-one.ts';
import { checkFields } from './check-fields.ts';
import { placeProduct } from './place-product.ts';
import { viewProduct } from './view-product.ts';

/** Changes what the body names. */
export async function changeProduct(
  administration: Administration,
  call: ChangeCall,
  { id, change: asked }: { id: string; change: ProductChange },
): Promise<Outcome<Product>> {
  const { name, description, metadata } = asked;
  return changeOne(administration, call, id, async (change, productId) => {
    const { transaction, organizationId, now } = change;
    const projectIds = await checkFields(transaction, organizationId, asked);
    if (name !== undefined) await requireFreeName(transaction, { organizationId, name, except: productId });
    await updateProduct(transaction, productId, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
      updated_at: now,
    });
    if (projectIds) await placeProduct(change, productId, projectIds);
  });
}

/** A key that is for no product is good for each of them, so none is set loose: whoever deletes says first what becomes of it. */
export async function removeProduct(
  administration: Administration,
  call: ChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  return makeChange(administration, call, async (change) => {
    const { transaction, organizationId } = change;
    const before = await viewProduct(transaction, await lockDoomedProduct(transaction, organizationId, id));
    requireMatch(call.ifMatch, etagOf(Product, before));
    const keys = await countLivingKeysFor(transaction, before.id);
    if (keys > 0) throw inUse(keys);
    await deleteProduct(transaction, before.id);
    change.record({ action: 'product.delete', subject: { kind: 'product', id: before.id }, before });
    return removed;
  });
}

function inUse(keys: number): AppError {
  return new AppError(
    'CONFLICT',
    `There are keys (${keys}) for this product that are not revoked: revoke or delete them, or give them another product.`,
  );
}

interface NameOptions {
  organizationId: string;
  name: string;
  except: string;
}

async function requireFreeName(transaction: Database, { organizationId, name, except }: NameOptions): Promise<void> {
  const existing = await findProductByName(transaction, organizationId, name);
  if (!existing || existing.id === except) return;
  throw new AppError('ALREADY_EXISTS', 'This organization has a product of that name.', { existingId: existing.id });
}
