import { documentedRoutes, openApiDocument } from '@keyward/contract/openapi/document';
import { exampleProblem } from '@keyward/contract/openapi/example-problem';
import { nameOfRoute } from '@keyward/contract/openapi/names';
import { operationExample } from '@keyward/contract/openapi/operation-example';
import { routeModules } from '@keyward/contract/openapi/route-modules';
import { Problem, type ProblemCode, problems } from '@keyward/contract/problem';
import type { Route } from '@keyward/contract/routes/route';
import { verdictCodes } from '@keyward/contract/verdict';
import { compileValidator } from '@keyward/kit/validation';
import { validate } from '@readme/openapi-parser';
import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';

const document = JSON.parse(JSON.stringify(openApiDocument()));
const nameOf = ({ method, url }: Route) => `${method} ${url}`;
const rows = documentedRoutes.map((route) => [nameOf(route), route] as const);

describe('the OpenAPI document', () => {
  it('is one, of version 3.1', async () => {
    const copy = structuredClone(document); // the validator puts what is referred to in its place
    expect(await validate(copy)).toMatchObject({ valid: true, warnings: [] });
    expect(document.openapi).toBe('3.1.0');
  });

  it('has an operation of every route, each with a name of its own', () => {
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(operations).toHaveLength(documentedRoutes.length);
    expect(operations.toSorted()).toEqual(documentedRoutes.map((route) => nameOfRoute(route).operationId).toSorted());
    expect(new Set(operations).size).toBe(operations.length);
  });

  it('has all that is declared beside its routes, and no other', () => {
    const declared = routeModules.flatMap(({ declared: each }) =>
      Object.values(each).filter((value) => typeof value === 'object' && value !== null && 'url' in value),
    );
    expect(new Set(declared)).toEqual(new Set(documentedRoutes));
  });

  it('tells every verdict and every error', () => {
    const told = document.info.description;
    const codes = [...verdictCodes, ...Object.keys(problems)];
    expect(codes.filter((code) => !told.includes(`| \`${code}\` |`))).toEqual([]);
  });

  it('refers to what is there', () => {
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? ''));
    const found = (path: string) => path.split('/').reduce((node, part) => node?.[part], document);
    expect(references.size).toBeGreaterThan(50);
    expect([...references].filter((path) => found(path) === undefined)).toEqual([]);
  });

  it('leaves nothing out that a call can be refused with: each has an example that is one', () => {
    const check = compileValidator(Problem);
    for (const code of Object.keys(problems) as ProblemCode[])
      expect({ code, faults: check.faults(exampleProblem(code)) }).toEqual({ code, faults: [] });
    expect(Object.keys(document.components.examples)).toEqual(Object.keys(problems));
  });
});

describe('the examples of', () => {
  it.each(rows)('%s are what it takes and answers', (_, route) => {
    const { params, querystring, body, response } = route.schema;
    const { missing, ...example } = operationExample(route);
    expect(missing).toEqual([]);
    const parts: [string, TSchema | undefined, unknown][] = [
      ['params', params, example.params],
      ['query', querystring, example.query],
      ['body', route.openedBody ?? body, example.body],
      ...Object.entries(response).map(([status, schema]): [string, TSchema, unknown] => [
        ...([status, schema] as const),
        example.answers[status],
      ]),
    ];
    for (const [part, schema, value] of parts) {
      if (schema === undefined) expect({ part, value }).toEqual({ part, value: undefined });
      else expect({ part, faults: compileValidator(schema).faults(value) }).toEqual({ part, faults: [] });
    }
  });
});
