/** Prints the reference pages in docs/, and the SDK's types of the management API, from the code: `node scripts/print-reference.ts`. A test holds them equal. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referencePages } from '../tests/src/reference-pages.ts';

for (const { path, text } of await referencePages())
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
