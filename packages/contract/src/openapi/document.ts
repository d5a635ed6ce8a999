import { gatewayRoutes } from '../gateway-routes.ts';
import { managementRoutes } from '../management-routes.ts';
import { problems } from '../problem.ts';
import type { Route } from '../routes/route.ts';
import { verdicts } from '../verdict.ts';
import { securitySchemes } from './access-description.ts';
import { Components, type Printed } from './components.ts';
import { operationOf } from './operation.ts';
import { problemExamples } from './problem-answers.ts';
import { routeModules } from './route-modules.ts';

/** All routes of the public door. */
export const documentedRoutes: readonly Route[] = [...gatewayRoutes, ...managementRoutes];

/** The OpenAPI document, printed from the routes and the tables of verdicts and problems. */
export function openApiDocument(): Printed {
  const components = new Components();
  const paths: Record<string, Printed> = {};
  for (const route of documentedRoutes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    const operation = { ...operationOf(route, components), ...(gatewayRoutes.includes(route) ? atGateway : {}) };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Keyward',
      version: '1.0.0',
      description: description(),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The management API. The gateway passes on to it what is called with a key.' }],
    tags: routeModules.map(({ tag: name, description: text }) => ({ name, description: text })),
    'x-tagGroups': tagGroups(),
    paths,
    components: {
      securitySchemes,
      schemas: byName(components.schemas),
      responses: byName(components.responses),
      examples: problemExamples(),
    },
  };
}

/** What the gateway answers by itself is nowhere else; the document does not know where it is. */
const atGateway = {
  servers: [
    {
      url: 'https://{gateway}',
      description: 'The gateway.',
      variables: { gateway: { default: 'keys.example.com', description: 'Where your applications reach it.' } },
    },
  ],
};

/** How pages that show the document put its tags together. */
function tagGroups(): Printed[] {
  const groups = Map.groupBy(routeModules, ({ group }) => group);
  return [...groups].map(([name, modules]) => ({ name, tags: modules.map(({ tag }) => tag) }));
}

function byName(parts: Record<string, Printed>): Record<string, Printed> {
  return Object.fromEntries(Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function description(): string {
  const problemRows = Object.entries(problems).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
  );
  const verdictRows = Object.entries(verdicts).map(
    ([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`,
  );
  return [
    'Keyward validates API keys for your API. Applications present the server key of an environment, people an account key or a session.',
    'A foreign id is answered like an unknown one. Times are ISO 8601, UTC. Unknown fields are refused, but for what SDKs send.',
    'Lists are paged by `page` and `limit`, or, where they grow while they are read, by `cursor`.',
    '## Errors',
    'Everything that goes wrong is answered as `application/problem+json` (RFC 9457) with its code in `error`; invalid input lists every fault in `errors`.',
    ['| code | HTTP status | title |', '| --- | --- | --- |', ...problemRows].join('\n'),
    '## Verdicts',
    'A validation is answered with HTTP 200; a refused one has `success: false`, one of these codes, and the `status` that the application should answer its own caller.',
    ['| code | status | message |', '| --- | --- | --- |', ...verdictRows].join('\n'),
  ].join('\n\n');
}
