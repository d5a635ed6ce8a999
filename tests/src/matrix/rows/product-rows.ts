import {
  addProductToProject,
  changeProduct,
  createProduct,
  deleteProduct,
  getProduct,
  listProducts,
  removeProductFromProject,
} from '@keyward/contract/routes/product';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

async function product({ owner }: Place) {
  const { id } = expectDone(await call(owner, 'POST', '/product', { body: { name: uniqueName('p') } }));
  return { params: { id }, ids: [id as string] };
}

const slugOf = ({ environment }: Place) => environment.projectEnv.replace(/-production$/, '');

async function placed(place: Place) {
  const { params, ids } = await product(place);
  const project = slugOf(place);
  return { params: { ...params, project }, ids: [...ids, project] };
}

export const productRows: readonly RouteRow[] = [
  { route: listProducts, prepare: async () => ({}) },
  {
    route: listProducts,
    variant: 'of a project',
    prepare: async (place) => ({ query: { project: slugOf(place) }, ids: [slugOf(place)] }),
  },
  {
    route: createProduct,
    prepare: async (place) => ({
      body: { name: uniqueName('p'), projects: [slugOf(place)] },
      ids: [slugOf(place)],
    }),
  },
  { route: getProduct, prepare: product },
  { route: changeProduct, prepare: async (place) => ({ ...(await product(place)), body: { description: 'd' } }) },
  { route: deleteProduct, prepare: product },
  { route: addProductToProject, prepare: placed },
  {
    route: removeProductFromProject,
    async prepare(place) {
      const asked = await placed(place);
      const { id, project } = asked.params;
      expectDone(await call(place.owner, 'POST', `/product/${id}/project/${project}`));
      return asked;
    },
  },
];
