import { existsSync, rmSync } from 'node:fs';
import { writePrivateFile } from '@keyward/kit/private-file';
import type { DataDirectory } from './data-directory.ts';

/** Where the embedded Postgres keeps its files. */
export const databaseFolder = (directory: DataDirectory) => directory.file('postgres');

/**
 * The first start shows secrets that are kept nowhere else. If it dies half-way, nobody has seen them, and nothing that
 * was made can be used: then the embedded database is thrown away, and the next start is the first.
 */
export class FirstStart {
  readonly #directory: DataDirectory;
  readonly #mark: string;

  constructor(directory: DataDirectory) {
    this.#directory = directory;
    this.#mark = directory.file('first-start');
  }

  /** To be called before the database is opened. */
  discardHalf(): void {
    const folder = databaseFolder(this.#directory);
    if (existsSync(this.#mark)) rmSync(folder, { recursive: true, force: true });
    else if (!existsSync(folder)) writePrivateFile(this.#mark, 'A first start is under way.\n');
  }

  /** The secrets are written where their owner finds them. */
  done(): void {
    rmSync(this.#mark, { force: true });
  }
}
