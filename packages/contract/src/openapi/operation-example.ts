import type { Route } from '../routes/route.ts';
import { exampleOf } from './example-of.ts';
import { nameOfRoute } from './names.ts';
import { toldExamples } from './told-examples.ts';

/** A call and its answers, as they may come. */
interface OperationExample extends CallExample {
  /** By status. */
  answers: Readonly<Record<string, unknown>>;
  /** Fields for which there was nothing to say. */
  missing: readonly string[];
}

export interface CallExample {
  params?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}

/** What is told of an operation by hand; the answer is the one of the status that says most. */
export interface ToldExample extends CallExample {
  answer?: unknown;
}

/** What is told of the operation goes before what its schemas come to. */
export function operationExample(route: Route): OperationExample {
  const { params, querystring, body, response } = route.schema;
  const told: ToldExample = toldExamples[nameOfRoute(route).operationId] ?? {};
  const missing: string[] = [];
  const made = (schema: unknown, shows: 'input' | 'answer' | 'created') => {
    const example = exampleOf(schema, { shows });
    missing.push(...example.missing);
    return example.value;
  };
  const input = {
    ...(params && !told.params ? { params: made(params, 'input') } : {}),
    ...(querystring && !told.query ? { query: made(querystring, 'input') } : {}),
    ...(body && !('body' in told) ? { body: made(body, 'input') } : {}),
  };
  const most = Math.max(...Object.keys(response).map(Number));
  const answerOf = ([status, schema]: [string, unknown]) =>
    'answer' in told && Number(status) === most ? told.answer : made(schema, status === '201' ? 'created' : 'answer');
  const answers = Object.fromEntries(Object.entries(response).map((each) => [each[0], answerOf(each)]));
  const { answer: _, ...toldCall } = told;
  return { ...(input as CallExample), ...toldCall, answers, missing }; // an object's schema makes an object
}
