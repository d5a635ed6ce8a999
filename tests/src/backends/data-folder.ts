import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one server's data, whose name tells which process answers for it. */
export const newDataFolder = (kind: string) => mkdtemp(join(tmpdir(), `keyward-data-${kind}-${process.pid}-`));

/** Removes the folders of runs that were killed before they could; their servers died with them. */
export async function removeOrphanedData(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^keyward-data-[a-z]+-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner)))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
