import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from '../backends/cache-folder.ts';
import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import { runProgram } from '../backends/run-program.ts';

const aptMs = 240_000;

/** The path of promtool: on PATH, else out of Debian's package of Prometheus; or a sentence, if this machine cannot have it. */
export async function findPromtool(): Promise<{ path: string } | string> {
  const present = findProgram('promtool');
  if (present) return { path: present };
  if (!findProgram('apt-get')) return 'it is not on PATH and there is no apt-get to fetch it';
  try {
    return { path: join(await cachedFolder('prometheus-debian', unpack), 'usr/bin/promtool') };
  } catch (error) {
    return messageOf(error);
  }
}

/** A fresh machine has no package lists, or old ones; they are fetched only when the first try fails. */
async function unpack(folder: string): Promise<void> {
  const download = () => runProgram('apt-get', ['download', 'prometheus'], { cwd: folder, timeoutMs: aptMs });
  try {
    await download();
  } catch {
    await runProgram('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'update'], { timeoutMs: aptMs });
    await download();
  }
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.deb')))
    await runProgram('dpkg-deb', ['-x', name, '.'], { cwd: folder, timeoutMs: 60_000 });
}
