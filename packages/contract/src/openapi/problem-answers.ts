import { Problem, type ProblemCode, problems } from '../problem.ts';
import type { Components, Printed } from './components.ts';
import { exampleProblem } from './example-problem.ts';

/** The answers of an operation that fails with these codes, by their status. */
export function problemAnswers(codes: readonly ProblemCode[], components: Components): Record<string, Printed> {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  const statuses = [...byStatus].toSorted(([a], [b]) => a - b);
  return Object.fromEntries(
    statuses.map(([status, those]) => [
      String(status),
      components.response(those.join('-'), () => answer(status, those, components)),
    ]),
  );
}

function answer(status: number, codes: readonly ProblemCode[], components: Components): Printed {
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [components.schema(Problem), { properties: { status: { const: status }, error: { enum: codes } } }],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

const retryAfter = {
  'Retry-After': { description: 'Seconds until it may be tried again.', schema: { type: 'integer' } },
};

/** One of each code. */
export function problemExamples(): Record<string, Printed> {
  const codes = Object.keys(problems) as ProblemCode[]; // the keys of a constant
  return Object.fromEntries(codes.map((code) => [code, { value: exampleProblem(code) }]));
}
