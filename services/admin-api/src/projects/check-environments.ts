import type { NewEnvironment } from '@keyward/contract/routes/project';
import type { InputCheck } from '../input.ts';

/** Finds what is wrong with a project's list of environments beyond its schema. */
export function checkEnvironments(check: InputCheck, environments: readonly NewEnvironment[]): void {
  const types = new Set<string>();
  for (const [i, { type, metadata, templates = [] }] of environments.entries()) {
    if (types.has(type)) check.fault(`/envs/${i}/type`, 'appears twice');
    types.add(type);
    check.metadata(`/envs/${i}/metadata`, metadata);
    const names = templates.map((template) => template.name);
    for (const [j, name] of names.entries()) {
      if (names.indexOf(name) < j) check.fault(`/envs/${i}/templates/${j}/name`, 'appears twice');
    }
  }
}
