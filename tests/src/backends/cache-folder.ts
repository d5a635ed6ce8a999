import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What tests download is kept here, per clone; git ignores it. */
export const cacheRoot = resolve(import.meta.dirname, '../../../.cache');

/**
 * The folder `.cache/<name>`, made by `fill` when it is not there yet. It appears whole or not at all: two runs that
 * fill it at once each work in a folder of their own, and the first to finish gives its own the name.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const wanted = join(cacheRoot, name);
  if (existsSync(wanted)) return wanted;
  await mkdir(cacheRoot, { recursive: true });
  const partial = await mkdtemp(join(cacheRoot, `${name}.partial-`));
  try {
    await fill(partial);
    await rename(partial, wanted);
  } catch (error) {
    if (!existsSync(wanted)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return wanted;
}
