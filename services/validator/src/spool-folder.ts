import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { takeProcessLock } from '@keyward/kit/process-lock';
import { newId } from '@keyward/kit/random';

/** A folder of this process alone below the spool directory, which several may share. */
export interface SpoolFolder {
  /** The directory that is shared. */
  root: string;
  path: string;
  /** Names of files that earlier processes left behind, and that are here now; oldest first. */
  inherited: string[];
  /** The path of another file; names sort by age, those of processes that began earlier first. */
  newFile(): string;
  /** Gives it up; what is still in it goes to who looks next. */
  leave(): Promise<void>;
}

const suffix = '.jsonl';
const isFolder = /^[0-9a-f-]{36}$/;

export async function openSpoolFolder(directory: string): Promise<SpoolFolder> {
  const root = resolve(directory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const name = newId();
  // A folder is there only while its lock is held, or after its process has died.
  const lock = takeProcessLock(lockOf(root, name));
  if (!lock) throw new Error(`the spool folder ${name} is another process's`);
  const path = join(root, name);
  try {
    await mkdir(path, { mode: 0o700 });
    const inherited = await inheritInto(path, root);
    let files = 0;
    const newFile = () => {
      files += 1;
      return join(path, `${name}-${String(files).padStart(9, '0')}${suffix}`);
    };
    return { root, path, inherited, newFile, leave: () => leave({ root, name, lock }) };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function inheritInto(path: string, root: string): Promise<string[]> {
  const inherited: string[] = [];
  for (const name of (await readdir(root)).filter((each) => isFolder.test(each) && join(root, each) !== path)) {
    const lock = takeProcessLock(lockOf(root, name));
    if (!lock) continue;
    for (const file of await listFiles(join(root, name))) {
      await rename(join(root, name, file), join(path, file));
      inherited.push(file);
    }
    await leave({ root, name, lock });
  }
  return inherited.sort();
}

async function listFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []); // another process may have been quicker
  return names.filter((each) => each.endsWith(suffix));
}

interface Held {
  root: string;
  name: string;
  lock: Disposable;
}

async function leave({ root, name, lock }: Held): Promise<void> {
  const isEmpty = await rmdir(join(root, name)).then(
    () => true,
    () => false,
  );
  if (isEmpty) await rm(lockOf(root, name), { force: true });
  lock[Symbol.dispose]();
}

function lockOf(root: string, name: string): string {
  return join(root, `${name}.lock`);
}
