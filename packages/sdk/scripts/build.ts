/** `npm run build`: what is published of this package, into its `dist`. */
import { copyFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const packageFolder = resolve(import.meta.dirname, '..');

// Names of shared files change with what is in them.
await rm(resolve(packageFolder, 'dist'), { recursive: true, force: true });
await build({ config: resolve(packageFolder, 'tsdown.config.ts') });
// "The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software."
const licence = new URL('LICENSE', import.meta.resolve('@noble/hashes/utils.js'));
await copyFile(fileURLToPath(licence), resolve(packageFolder, 'dist/edge/LICENSE-noble-hashes'));
