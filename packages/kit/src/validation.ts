import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import type { InputFault } from './app-error.ts';

interface SchemaFault {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

const maxFaults = 50;

/** Every fault of `value`, one entry for each place; the members of a union or an unknown field are not told twice. */
export function inputFaults(faults: readonly SchemaFault[]): InputFault[] {
  const byPath = new Map<string, string>();
  for (const fault of faults) {
    if (byPath.size >= maxFaults) break;
    if (fault.keyword === 'additionalProperties') continue; // each such field has a fault of its own, 'boolean'
    const message = fault.keyword === 'boolean' ? 'is not a known field' : describe(fault);
    if (!byPath.has(fault.instancePath) || fault.keyword === 'anyOf') byPath.set(fault.instancePath, message);
  }
  return [...byPath].map(([path, message]) => ({ path, message }));
}

function describe(fault: SchemaFault): string {
  const { allowedValues } = fault.params as { allowedValues?: unknown[] };
  return allowedValues ? `must be one of ${allowedValues.join(', ')}` : fault.message;
}

export interface Validator<T> {
  /** Is `value` of this shape? Nothing is coerced. */
  check(value: unknown): value is T;
  faults(value: unknown): InputFault[];
}

/** A compiled check of a schema; make it once, at start. */
export function compileValidator<T extends TSchema>(schema: T): Validator<Static<T>> {
  const compiled = Compile(schema);
  return {
    check: (value): value is Static<T> => compiled.Check(value),
    faults: (value) => inputFaults(compiled.Errors(value) as SchemaFault[]), // the library's errors have these fields
  };
}

/** For texts from a query or the environment: numbers and booleans are read, defaults filled in. */
export function fromText(schema: TSchema, value: unknown): unknown {
  return Value.Default(schema, Value.Convert(schema, value));
}
