import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { takeProcessLock } from '@keyward/kit/process-lock';
import { StartError } from './start-error.ts';

export interface DataDirectory extends Disposable {
  path: string;
  file(name: string): string;
}

/** Opens the directory that everything is kept in, for this process alone. */
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
  return { path, file: (name) => join(path, name), [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

/** Step by step: Node's recursive form never returns below /proc, where no directory can be made. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function takeLock(path: string): Disposable {
  const lock = openLock(path);
  if (!lock) throw new StartError(`Another Keyward runs on ${path}; stop it, or give another directory with --data.`);
  return lock;
}

function openLock(path: string): Disposable | undefined {
  try {
    return takeProcessLock(join(path, 'lock'));
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`The data directory ${path} cannot be locked (${message}); give another with --data.`);
  }
}
