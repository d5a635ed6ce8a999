/**
 * `npm test`: types, style, then every test on every backend; `npm test -- <filters and vitest options>`: those tests
 * alone. The last line counts what passed, failed and was skipped, and the exit code is 0 only if all is well.
 */
import { checkSources } from '../../scripts/check-sources.ts';
import { requiredStores } from './backends/required-stores.ts';
import { requiredTools } from './backends/required-tools.ts';
import { closingLines, failures } from './closing-lines.ts';
import { runVitest } from './run-vitest.ts';

const args = process.argv.slice(2);

try {
  // First of all, so that a misspelt name does not cost a whole run.
  requiredStores();
  requiredTools();
  const checks = args.length === 0 ? await checkSources() : [];
  const tests = await runVitest(args);
  const run = { ...tests, checks };
  process.stdout.write(`\n${closingLines(run).join('\n')}\n`);
  process.exitCode = failures(run) > 0 ? 1 : 0;
} catch (error) {
  process.stdout.write(`\n${error instanceof Error ? error.message : String(error)}\n\n0 passed, 1 failed\n`);
  process.exitCode = 1;
}
