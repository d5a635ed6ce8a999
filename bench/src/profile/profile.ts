/**
 * Where the time of a scenario goes: `npm run bench:profile -- session-reuse` runs it with a CPU profile of gateway and validator,
 * prints the functions that take most, and leaves the profiles (for Chrome's or an editor's viewer) in the folder that it names.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBenchOptions } from '../bench-options.ts';
import { runBench } from '../run-bench.ts';
import { printProfile } from './print-profile.ts';
import { profileOptions } from './profile-options.ts';
import { readProfile } from './read-profile.ts';

const options = readBenchOptions(process.argv.slice(2));
for (const scenario of options.scenarios) {
  const folder = await mkdtemp(join(tmpdir(), `keyward-profile-${scenario.name}-`));
  await runBench({ ...options, scenarios: [scenario] }, { nodeOptions: profileOptions(folder) });
  process.stdout.write(`${scenario.name}: ${folder}\n`);
  for (const service of ['gateway', 'validator'])
    process.stdout.write(printProfile(service, await readProfile(join(folder, `${service}.cpuprofile`))));
}
