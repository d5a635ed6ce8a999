import { readFileSync } from 'node:fs';
import type { Static, TObject, TSchema } from 'typebox';
import { compileValidator, textReader } from './validation.ts';

/**
 * Reads a service's configuration from environment variables: the schema's keys are the variables' names, and
 * `NAME_FILE` names a file (a mounted secret) that holds the value. Every fault is reported at once, by name and
 * never by value.
 */
export function loadConfig<T extends TObject>(schema: T, environment: Record<string, string | undefined>): Static<T> {
  const faults: string[] = [];
  const texts: Record<string, string> = {};
  for (const name of Object.keys(schema.properties)) {
    const text = readVariable(name, environment, faults);
    if (text !== undefined) texts[name] = text;
  }
  const value = textReader(schema)(texts);
  const validator = compileValidator(schema as TSchema);
  if (faults.length === 0 && validator.check(value)) return value as Static<T>; // just checked against that schema
  for (const { path, message } of validator.faults(value))
    faults.push(`${path.slice(1) || 'the configuration'} ${message}`);
  throw new ConfigError(faults);
}

export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The configuration is not valid: ${[...new Set(faults)].join('; ')}.`);
    this.name = 'ConfigError';
  }
}

function readVariable(
  name: string,
  environment: Record<string, string | undefined>,
  faults: string[],
): string | undefined {
  const file = environment[`${name}_FILE`];
  const direct = environment[name];
  if (file === undefined || file === '') return direct === '' ? undefined : direct;
  if (direct) {
    faults.push(`${name} and ${name}_FILE are both set`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    faults.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    return undefined;
  }
}
