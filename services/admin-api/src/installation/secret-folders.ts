import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writePrivateFile } from '@keyward/kit/private-file';

interface Kept {
  name: string;
  /** The folders that hold it, with the same value in each. */
  holders: readonly string[];
  make(): string;
  /** A user whom we do not know reads it; who may look into the folder is decided where it is mounted. */
  readBy?: 'anyone';
}

/** Secrets as files, in a folder for each that holds some. What is there is never written over. */
export class SecretFolders {
  readonly #directory: string;
  /** The files that were made, by their paths below the directory. */
  readonly made: string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The secret that any of its holders has, or a new one; from then on all of them have it.
   * @throws Error that names the files, when two holders have different ones.
   */
  keep({ name, holders, make, readBy }: Kept): string {
    const paths = holders.map((holder) => join(holder, name));
    const texts = paths.map((path) => readIfThere(join(this.#directory, path))?.trimEnd());
    const values = new Set(texts.filter((text) => text !== undefined));
    if (values.size > 1) throw new Error(`${paths.join(' and ')} differ: which of them is right?`);
    const value = [...values][0] ?? make();
    for (const [i, path] of paths.entries()) if (texts[i] === undefined) this.#write(path, value, readBy);
    return value;
  }

  #write(path: string, value: string, readBy: Kept['readBy']): void {
    const full = join(this.#directory, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writePrivateFile(full, `${value}\n`);
    if (readBy === 'anyone') chmodSync(full, 0o444);
    this.made.push(path);
  }
}
