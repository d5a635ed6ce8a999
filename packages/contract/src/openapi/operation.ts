import Type from 'typebox';
import { answersEtag } from '../answers-etag.ts';
import type { Route } from '../routes/route.ts';
import { accessDescription, securityOf } from './access-description.ts';
import type { Components, Printed } from './components.ts';
import { nameOfRoute } from './names.ts';
import { operationExample } from './operation-example.ts';
import { parametersOf } from './parameters.ts';
import { problemAnswers } from './problem-answers.ts';
import { problemCodesOf } from './problem-codes.ts';

/** A route as an operation of OpenAPI. */
export function operationOf(route: Route, components: Components): Printed {
  const { operationId, tag } = nameOfRoute(route);
  const { access, schema } = route;
  const { missing: _, ...example } = operationExample(route);
  const body = bodyOf(route);
  return {
    operationId,
    tags: [tag],
    summary: schema.summary,
    description: accessDescription(access),
    'x-keyward-access': access,
    security: securityOf(access),
    parameters: parametersOf(route, example, components),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.schema(body), example: example.body } },
          },
        }),
    responses: {
      ...successes(route, example.answers, components),
      ...problemAnswers(problemCodesOf(route, operationId), components),
    },
  };
}

function bodyOf({ schema, openedBody }: Route): unknown {
  return openedBody === undefined ? schema.body : Type.Union([openedBody, Envelope]);
}

const bytes = (count: number, description: string) =>
  Type.String({ pattern: `^[A-Za-z0-9_-]{${Math.ceil((count * 4) / 3)}}$`, description });
const Envelope = Type.Object(
  {
    v: Type.Literal('1'),
    epk: bytes(32, "The caller's ephemeral X25519 public key, base64url."),
    iv: bytes(12, 'base64url.'),
    ct: Type.String({ pattern: '^[A-Za-z0-9_-]+$', description: 'AES-256-GCM ciphertext and tag, base64url.' }),
  },
  { description: 'The same, sealed; sent with the header `X-Apikee-Encrypted: 1`.' },
);

function successes(
  route: Route,
  answers: Readonly<Record<string, unknown>>,
  components: Components,
): Record<string, Printed> {
  const statuses = Object.entries(route.schema.response);
  const type = route.answersLines ? 'application/x-ndjson' : 'application/json';
  return Object.fromEntries(
    statuses.map(([status, schema]) => [
      status,
      {
        description: descriptions[status] ?? 'Done.',
        ...(answersEtag(route) ? { headers: etag } : {}),
        content: { [type]: { schema: components.schema(schema), example: answers[status] } },
      },
    ]),
  );
}

const descriptions: Readonly<Record<string, string>> = {
  200: 'Done, or what was asked for.',
  201: 'Made.',
  202: 'Noted; it will be done.',
};

const etag = { ETag: { description: 'What `If-Match` of a change may name.', schema: { type: 'string' } } };
