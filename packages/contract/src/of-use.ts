import type { TSchema } from 'typebox';
import { markedFields } from './marked-fields.ts';

const mark = 'x-of-use';

/** Marks a field that changes by use and by time, too, so that its change does not say that somebody changes the resource. */
export function OfUse<T extends TSchema>(schema: T): T {
  return { ...schema, [mark]: true };
}

/** The names of all fields below `schema` that carry the mark. */
export function fieldsOfUse(schema: unknown): Set<string> {
  return markedFields(schema, mark);
}
