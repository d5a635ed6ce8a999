import Type, { type Static } from 'typebox';
import {
  Description,
  Id,
  IfExists,
  Limit,
  Metadata,
  Name,
  NamePart,
  Page,
  Pagination,
  Removed,
  Timestamp,
} from '../fields.ts';
import { type Route, strict } from './route.ts';

/** Products: named APIs of an organization, each in any number of its projects (wire.md §8). */
export const Product = Type.Object({
  id: Id,
  name: Type.String({ description: 'Unique in the organization.' }),
  description: Description,
  metadata: Metadata,
  projects: Type.Array(Type.Object({ id: Id, slug: Type.String() }), { description: 'Those that it is in, by slug.' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Product = Static<typeof Product>;

const ProjectName = Type.String({ minLength: 1, maxLength: 200, description: "A project's id or slug." });
const fields = {
  description: Type.Optional(Description),
  metadata: Type.Optional(Metadata),
  projects: Type.Optional(
    Type.Array(ProjectName, { maxItems: 1_000, description: 'All projects that it is to be in.' }),
  ),
};
export const NewProduct = Type.Object({ name: Name, ...fields }, strict);
export type NewProduct = Static<typeof NewProduct>;
export const ProductChange = Type.Object({ name: Type.Optional(Name), ...fields }, strict);
export type ProductChange = Static<typeof ProductChange>;

const params = Type.Object({ id: Id });

export const listProducts = {
  method: 'GET',
  url: '/api/v1/product',
  access: { of: 'organization', role: 'viewer' },
  schema: {
    summary: 'List the products of the organization, newest first',
    querystring: Type.Object(
      {
        page: Type.Optional(Page),
        limit: Type.Optional(Limit),
        name: Type.Optional(NamePart),
        project: Type.Optional(ProjectName),
      },
      strict,
    ),
    response: { 200: Type.Object({ data: Type.Array(Product), pagination: Pagination }) },
  },
} as const satisfies Route;

export const createProduct = {
  method: 'POST',
  url: '/api/v1/product',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary: 'Create a product; with ifExists=return, one of that name is answered',
    querystring: Type.Object({ ifExists: IfExists }, strict),
    body: NewProduct,
    response: { 200: Product, 201: Product },
  },
} as const satisfies Route;

export const getProduct = {
  method: 'GET',
  url: '/api/v1/product/:id',
  access: { of: 'organization', role: 'viewer' },
  schema: { summary: 'Read a product', params, response: { 200: Product } },
} as const satisfies Route;

export const changeProduct = {
  method: 'PUT',
  url: '/api/v1/product/:id',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary: 'Change parts of a product; `projects` are all that it is in from then on',
    params,
    body: ProductChange,
    response: { 200: Product },
  },
} as const satisfies Route;

export const deleteProduct = {
  method: 'DELETE',
  url: '/api/v1/product/:id',
  access: { of: 'organization', role: 'admin' },
  schema: {
    summary: 'Delete a product, unless there are keys for it that are not revoked',
    params,
    response: { 200: Removed },
  },
} as const satisfies Route;

const placement = Type.Object({ id: Id, project: ProjectName });

export const addProductToProject = {
  method: 'POST',
  url: '/api/v1/product/:id/project/:project',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary: 'Put a product into a project, by its id or slug; once more changes nothing',
    params: placement,
    response: { 200: Product },
  },
} as const satisfies Route;

export const removeProductFromProject = {
  method: 'DELETE',
  url: '/api/v1/product/:id/project/:project',
  access: { of: 'organization', role: 'developer' },
  schema: {
    summary: 'Take a product out of a project, by its id or slug; once more changes nothing',
    params: placement,
    response: { 200: Product },
  },
} as const satisfies Route;
