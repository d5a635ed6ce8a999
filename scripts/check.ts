/** `npm run check`: the types and the style of the whole workspace. */
import { checkSources } from './check-sources.ts';

const checks = await checkSources();
for (const { name, passed, tookMs } of checks) {
  process.stdout.write(`${name}: ${passed ? 'passed' : 'FAILED'} (${(tookMs / 1_000).toFixed(1)} s)\n`);
}
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
