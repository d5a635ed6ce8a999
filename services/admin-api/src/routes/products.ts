import {
  addProductToProject,
  changeProduct,
  createProduct,
  deleteProduct,
  getProduct,
  listProducts,
  Product,
  removeProductFromProject,
} from '@keyward/contract/routes/product';
import type { App } from '@keyward/kit/http-app';
import { inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeProduct as change, removeProduct } from '../products/change-product.ts';
import { createProduct as create } from '../products/create-product.ts';
import { addProductToProject as add, removeProductFromProject as remove } from '../products/place-product.ts';
import { readProduct, readProducts } from '../products/read-products.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Products, and which projects they are in. */
export function productRoutes(app: App, administration: Administration): void {
  app.route({
    ...listProducts,
    handler: async (request) => {
      const { organizationId } = await inOrganization(administration, request, listProducts);
      const { page = 1, limit = 10, ...filter } = request.query;
      return readProducts(administration, { organizationId, page, limit, ...filter });
    },
  });

  app.route({
    ...createProduct,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, createProduct);
      const { body: input, query } = request;
      return sendOutcome(reply, await create(administration, call, { input, ifExists: query.ifExists }));
    },
  });

  app.route({
    ...getProduct,
    handler: async (request, reply) => {
      const { organizationId } = await inOrganization(administration, request, getProduct);
      return withEtag(reply, Product, await readProduct(administration, organizationId, request.params.id));
    },
  });

  app.route({
    ...changeProduct,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, changeProduct);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...deleteProduct,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, deleteProduct);
      return sendOutcome(reply, await removeProduct(administration, call, request.params.id));
    },
  });

  app.route({
    ...addProductToProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, addProductToProject);
      return sendOutcome(reply, await add(administration, call, request.params));
    },
  });

  app.route({
    ...removeProductFromProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, removeProductFromProject);
      return sendOutcome(reply, await remove(administration, call, request.params));
    },
  });
}
