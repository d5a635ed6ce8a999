import type { TSchema } from 'typebox';
import { isMarked, markedFields } from './marked-fields.ts';

const mark = 'x-secret';

/** Marks a field whose value must never be logged; the loggers' redaction is derived from these marks. */
export function Secret<T extends TSchema>(schema: T): T {
  return { ...schema, [mark]: true };
}

/** The names of all fields below `schema` that carry the mark. */
export function secretFields(schema: unknown): Set<string> {
  return markedFields(schema, mark);
}

export function isSecret(schema: unknown): boolean {
  return isMarked(schema, mark);
}
