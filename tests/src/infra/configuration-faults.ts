import { ConfigError, loadConfig } from '@keyward/kit/config';
import type { TObject } from 'typebox';
import { type Program, programs } from './programs.ts';

export interface ConfiguredContainer {
  program: Program;
  environment: Readonly<Record<string, string>>;
  /** Which file of this machine stands for what the container finds at a path; undefined: nothing is mounted there. */
  fileAt(path: string): string | undefined;
}

/** Read by Node itself. */
const ofNode = new Set(['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']);

/**
 * What a manifest has wrong about the variables of a container: those that its program does not know, that are missing
 * or cannot be read, as the program itself would tell, and files that are named but not mounted.
 */
export function configurationFaults({ program, environment, fileAt }: ConfiguredContainer): string[] {
  const schemas: readonly TObject[] = programs[program];
  const known = new Set(schemas.flatMap(({ properties }) => Object.keys(properties)));
  const faults: string[] = [];
  const local: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const isFile = name.endsWith('_FILE');
    const isKnown = known.has(name) || (isFile && known.has(name.slice(0, -'_FILE'.length)));
    if (!isKnown && !ofNode.has(name)) faults.push(`${name} is no variable of ${program}`);
    const file = isFile ? fileAt(value) : value;
    if (file === undefined) faults.push(`${name} names ${value}, where nothing is mounted`);
    else local[name] = file;
  }
  return [...faults, ...schemas.flatMap((schema) => faultsOf(schema, local))];
}

function faultsOf(schema: TObject, environment: Record<string, string>): string[] {
  try {
    loadConfig(schema, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return [error.message];
    throw error;
  }
}
