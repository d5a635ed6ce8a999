import type { Route } from '../routes/route.ts';
import { exampleOf } from './example-of.ts';
import { nameOfRoute } from './names.ts';
import { toldExamples } from './told-examples.ts';

/** A call and its answer, as they may come. */
export interface OperationExample {
  params?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  answer?: unknown;
}

/** What is told of the operation goes before what its schemas come to. */
export function operationExample(route: Route): OperationExample & { missing: readonly string[] } {
  const { params, querystring, body, response } = route.schema;
  const told = toldExamples[nameOfRoute(route).operationId] ?? {};
  const missing: string[] = [];
  const made = (schema: unknown, shows: 'input' | 'answer' | 'created') => {
    const example = exampleOf(schema, { shows });
    missing.push(...example.missing);
    return example.value;
  };
  const answered = Object.keys(response).map(Number).toSorted().at(-1) ?? 200;
  const input = {
    ...(params && !told.params ? { params: made(params, 'input') } : {}),
    ...(querystring && !told.query ? { query: made(querystring, 'input') } : {}),
    ...(body && !('body' in told) ? { body: made(body, 'input') } : {}),
  };
  const answer = 'answer' in told ? told.answer : made(response[answered], answered === 201 ? 'created' : 'answer');
  return { ...(input as OperationExample), ...told, answer, missing }; // an object's schema makes an object
}
