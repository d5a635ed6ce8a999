import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

export interface DataDirectory extends Disposable {
  path: string;
  file(name: string): string;
}

/**
 * Opens the directory that everything is kept in, for this process alone. The lock is one of the operating system's
 * (held through SQLite), so it goes when the process goes, however that happens.
 */
export function openDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory);
  try {
    makeDirectory(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(
      `The data directory ${path} cannot be written (${(error as NodeJS.ErrnoException).code}); give another with --data.`,
    );
  }
  const lock = takeLock(path);
  return { path, file: (name) => join(path, name), [Symbol.dispose]: () => lock.close() };
}

/** Step by step: Node's recursive form never returns below /proc, where no directory can be made. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

const sqliteBusy = 5;

function takeLock(path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === sqliteBusy)
      throw new StartError(`Another Keyward runs on ${path}; stop it, or give another directory with --data.`);
    throw new StartError(`The data directory ${path} cannot be locked (${message}); give another with --data.`);
  }
}
