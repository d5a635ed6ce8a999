import { mkdir, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { systemClock } from '@keyward/kit/clock';

const folder = resolve(import.meta.dirname, '../../results');

interface Result {
  name: string;
  markdown: string;
  result: unknown;
}

/** Keeps a result as it is read and as data, under its day and name. Answers where, from here. */
export async function saveResult({ name, markdown, result }: Result): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const path = resolve(folder, `${new Date(systemClock.nowMs()).toISOString().slice(0, 10)}-${name}`);
  await writeFile(`${path}.md`, markdown);
  await writeFile(`${path}.json`, `${JSON.stringify(result, null, 2)}\n`);
  return [`${path}.md`, `${path}.json`].map((each) => relative('.', each));
}
