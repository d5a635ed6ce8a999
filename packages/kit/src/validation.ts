import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import type { InputFault } from './app-error.ts';

interface SchemaFault {
  keyword: string;
  schemaPath: string;
  instancePath: string;
  message: string;
  params: object;
}

export const maxFaults = 50;

// The library stops at eight faults of its own, of which a field may have several.
Settings.Set({ maxErrors: 8 * maxFaults });

/** Every fault of a value, one entry for each place; the members of a union or an unknown field are not told twice. */
export function inputFaults(faults: readonly SchemaFault[]): InputFault[] {
  const byPath = new Map<string, string>();
  for (const fault of withoutMembers(faults)) {
    if (byPath.size >= maxFaults) break;
    for (const { path, message } of placed(fault)) if (!byPath.has(path)) byPath.set(path, message);
  }
  return [...byPath].map(([path, message]) => ({ path, message }));
}

/** Of a union what is wrong within the value, where it has the shape of a member; else what the members want it to be. */
function withoutMembers(faults: readonly SchemaFault[]): SchemaFault[] {
  const told = new Map(faults.map((fault) => [fault, fault]));
  for (const union of faults.filter(({ keyword }) => keyword === 'anyOf')) {
    const ofMembers = faults.filter((fault) => isOfMember(fault, union));
    const within = ofMembers.filter(
      ({ keyword, instancePath }) => keyword === 'required' || instancePath !== union.instancePath,
    );
    for (const fault of ofMembers) if (!within.includes(fault)) told.delete(fault);
    if (within.length > 0) told.delete(union);
    else told.set(union, { ...union, message: wishOf(ofMembers) || union.message });
  }
  return [...told.values()];
}

/** Each element of a list has the same schema, and faults of its own. */
function isOfMember({ schemaPath, instancePath }: SchemaFault, union: SchemaFault): boolean {
  const isAtOrWithin = instancePath === union.instancePath || instancePath.startsWith(`${union.instancePath}/`);
  return isAtOrWithin && schemaPath.startsWith(`${union.schemaPath}/anyOf/`);
}

/** That null would do as well helps nobody who has sent something. */
function wishOf(faults: readonly SchemaFault[]): string {
  const messages = faults.map(messageOf).filter((message) => message !== 'must be null');
  return [...new Set(messages)].join(', or ');
}

function placed(fault: SchemaFault): InputFault[] {
  const { keyword, instancePath, params } = fault;
  switch (keyword) {
    case 'additionalProperties':
      return []; // each such field has a fault of its own, 'boolean'
    case 'boolean':
      return [{ path: instancePath, message: 'is not a known field' }];
    case 'required': {
      const { requiredProperties = [] } = params as { requiredProperties?: string[] };
      return requiredProperties.map((name) => ({ path: `${instancePath}/${name}`, message: 'is required' }));
    }
    default:
      return [{ path: instancePath, message: messageOf(fault) }];
  }
}

function messageOf({ keyword, params, message }: SchemaFault): string {
  const { allowedValues, allowedValue, form } = params as {
    allowedValues?: unknown[];
    allowedValue?: unknown;
    form?: string;
  };
  if (form !== undefined) return `is not of this form: ${form.replace(/\.$/, '')}`;
  if (keyword === 'const') return `must be ${JSON.stringify(allowedValue)}`;
  return allowedValues ? `must be one of ${allowedValues.join(', ')}` : message;
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
    faults: (value) => inputFaults(schemaFaults(compiled.Errors(value), schema)),
  };
}

/** The library's errors; where a text does not match a pattern, with the words that its schema has for that. */
export function schemaFaults(errors: readonly object[], schema: TSchema): SchemaFault[] {
  const faults = errors as readonly SchemaFault[]; // the library's errors have these fields
  return faults.map((fault) => {
    if (fault.keyword !== 'pattern') return fault;
    const steps = fault.schemaPath.split('/').slice(1);
    const at = steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], schema);
    const { description: form } = (at ?? {}) as { description?: string };
    return form === undefined ? fault : { ...fault, params: { ...fault.params, form } };
  });
}

/**
 * A reader of texts from a query or the environment: defaults are filled in, and what is exactly a number or a boolean
 * becomes one where the schema wants it. Anything else stays a text, for the check to refuse: nothing is rounded or
 * guessed. Make it once, at start; where there is nothing to read, it costs nothing.
 */
export function textReader(schema: TSchema): (value: unknown) => unknown {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string; default?: unknown }> };
  const typed = Object.entries(properties).filter(([, field]) => field.type !== 'string' || 'default' in field);
  if (typed.length === 0) return (value) => value;
  return (value) => {
    const read: Record<string, unknown> = { ...(value as object) };
    for (const [name, field] of typed) read[name] = readText(field.type, read[name]) ?? field.default;
    for (const [name] of typed) if (read[name] === undefined) delete read[name];
    return read;
  };
}

function readText(type: string | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'number' && /^-?\d{1,15}(\.\d+)?$/.test(text)) return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}
