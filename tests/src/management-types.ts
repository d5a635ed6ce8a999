import { Components, type Printed } from '@keyward/contract/openapi/components';
import { documentedRoutes } from '@keyward/contract/openapi/document';
import { nameOfRoute } from '@keyward/contract/openapi/names';
import type { Route } from '@keyward/contract/routes/route';
import openapiTS, { astToString } from 'openapi-typescript';
import type { TSchema } from 'typebox';
import type { Page } from './reference-pages.ts';

/** What the SDK's management client reaches, by the tags of the OpenAPI document. */
const rooms = ['organization', 'project', 'product', 'client', 'key', 'verify', 'usage'];

/** The SDK's own copy of what the contract says of these routes, for those who have no TypeBox. */
export async function managementTypes(): Promise<Page[]> {
  const routes = documentedRoutes.filter((route) => rooms.includes(nameOfRoute(route).tag) && !route.answersLines);
  const components = new Components();
  const operations = objectOf(routes.map((route) => [nameOfRoute(route).operationId, operationOf(route, components)]));
  const schemas = Object.fromEntries(Object.entries(components.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const document = {
    openapi: '3.1.0',
    info: { title: '', version: '' },
    paths: {},
    components: { schemas: { ...schemas, Operations: operations } },
  };
  const nodes = await openapiTS(JSON.stringify(document), {
    defaultNonNullable: false, // what has a default may be left out
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    silent: true,
  });
  const printed = astToString(nodes).replace(/^export type (paths|webhooks|operations|\$defs) = .*\n/gm, '');
  return [
    { path: 'packages/sdk/src/management/api.ts', text: `${head}\n${printed}` },
    { path: 'packages/sdk/src/management/api-routes.ts', text: `${head}\n${tableOf(routes)}` },
  ];
}

const head = '/** Printed from the contract by `scripts/print-reference.ts`; change it there. */';

/** What an operation takes and gives, each as a property. */
function operationOf({ schema, openedBody }: Route, components: Components): Printed {
  const answers = Object.values(schema.response).map((answer) => components.schema(answer));
  const shapes = new Map(answers.map((answer) => [JSON.stringify(answer), answer]));
  const body = openedBody ?? schema.body;
  return {
    ...objectOf([
      ...(schema.querystring ? [['query', components.schema(schema.querystring)] as const] : []),
      ...(body ? [['body', components.schema(body)] as const] : []),
      ['answer', { anyOf: [...shapes.values()] }],
    ]),
    description: schema.summary,
  };
}

function objectOf(properties: readonly (readonly [string, unknown])[]): Printed {
  return {
    type: 'object',
    required: properties.map(([name]) => name),
    properties: Object.fromEntries(properties),
  };
}

function propertiesOf(schema: TSchema): object {
  return 'properties' in schema && typeof schema.properties === 'object' ? (schema.properties ?? {}) : {};
}

/** How each operation is called. */
function tableOf(routes: readonly Route[]): string {
  const rows = routes.map((route) => {
    const { method, url } = route;
    const { querystring } = route.schema;
    const isInEnvironment = querystring !== undefined && 'project_env' in propertiesOf(querystring);
    return `  ${nameOfRoute(route).operationId}: { method: '${method}', url: '${url}', isInEnvironment: ${isInEnvironment} },`;
  });
  return `import type { Operations } from './api.ts';

export interface ApiRoute {
  readonly method: string;
  readonly url: string;
  /** May it be said of which environment? */
  readonly isInEnvironment: boolean;
}

/** How each operation is called. */
export const apiRoutes: { readonly [Name in keyof Operations]: ApiRoute } = {
${rows.join('\n')}
};
`;
}
