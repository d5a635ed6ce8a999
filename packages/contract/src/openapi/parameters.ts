import type { TSchema } from 'typebox';
import { organizationHeader } from '../internal-headers.ts';
import type { Route } from '../routes/route.ts';
import type { Components, Printed } from './components.ts';
import type { CallExample } from './operation-example.ts';

/** What an operation takes beside its body. */
export function parametersOf(route: Route, example: CallExample, components: Components): Printed[] {
  const { schema, method, access } = route;
  const isForPeople = access.of === 'account' || 'role' in access;
  return [
    ...fieldsOf(schema.params, { place: 'path', values: example.params, components }),
    ...fieldsOf(schema.querystring, { place: 'query', values: example.query, components }),
    ...(isForPeople && access.of !== 'account' ? [organization] : []),
    ...(method === 'POST' && access.of !== 'nobody' && isForPeople ? [idempotencyKey] : []),
    ...(method === 'PUT' || method === 'PATCH' || method === 'DELETE' ? [ifMatch] : []),
  ];
}

interface Fields {
  place: 'path' | 'query';
  values: Readonly<Record<string, unknown>> | undefined;
  components: Components;
}

function fieldsOf(schema: TSchema | undefined, { place, values, components }: Fields): Printed[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: object; required?: string[] };
  return Object.entries(properties).map(([name, field]) => {
    const { description, ...printed } = components.schema(field);
    const value = values?.[name];
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: printed,
      ...(value === undefined ? {} : { example: value }),
    };
  });
}

const organization: Printed = {
  name: organizationHeader,
  in: 'header',
  required: false,
  description: 'The organization that you act in; needed only by people who belong to several.',
  schema: { type: 'string', format: 'uuid' },
};

const idempotencyKey: Printed = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  description:
    'A text of your choice. The same call with the same key is made once and answered again as it was, raw keys included, for 24 hours; once anything that it tells of was deleted, by 404 `NOT_FOUND`.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  example: '7f1d9c52-order-4711',
};

const ifMatch: Printed = {
  name: 'if-match',
  in: 'header',
  required: false,
  description: 'The `ETag` of what you have read: if it has changed since, nothing is done, and the answer is 412.',
  schema: { type: 'string' },
  example: '*',
};
