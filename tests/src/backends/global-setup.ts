import type { TestProject } from 'vitest/node';
import { removeOrphanedData } from './data-folder.ts';
import { neededStores } from './needed-stores.ts';
import { requiredStores } from './required-stores.ts';
import { missingRequired, startStores } from './start-stores.ts';
import type { StoreStates } from './started-store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stores: StoreStates;
  }
}

/** The vitest projects whose files run on real stores. */
const storeProjects = new Set(['stores', 'e2e', 'e2e-alone']);

/** Runs once per vitest run, in its main process, before the first test file is read. */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const required = requiredStores();
  await removeOrphanedData();
  const filters = selectedFilters(project.vitest);
  const needed = neededStores(await selectedFiles(project.vitest, filters));
  // A whole run answers for every required store, whether or not a file is there that needs it.
  const wanted = filters.length === 0 ? new Set([...needed, ...required]) : needed;
  const stores = await startStores(wanted);
  project.provide('stores', stores.states);
  const missing = missingRequired(stores.states, required);
  if (missing.length > 0) {
    await stores.stop();
    throw new Error(missing.join('\n'));
  }
  return () => stores.stop();
}

async function selectedFiles(vitest: TestProject['vitest'], filters: string[]): Promise<string[]> {
  const specifications = await vitest.globTestSpecifications(filters);
  return specifications.filter(({ project }) => storeProjects.has(project.name)).map(({ moduleId }) => moduleId);
}

/** vitest keeps the filters of its command line in a field that its types leave out; without them, all files count. */
function selectedFilters(vitest: TestProject['vitest']): string[] {
  const filters: unknown = Reflect.get(vitest, 'filenamePattern');
  return Array.isArray(filters) ? filters.map(String) : [];
}
