import { readFileSync } from 'node:fs';

const include = /^--- include ([a-z-]+)$/gm;

/** The text of `scripts/<name>.lua`, with the texts of `scripts/include/` that it names. */
export function readLua(name: string): string {
  return read(`${name}.lua`).replace(include, (_, part: string) => read(`include/${part}.lua`));
}

function read(path: string): string {
  return readFileSync(new URL(`./scripts/${path}`, import.meta.url), 'utf8');
}
