import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@keyward/stores/postgres/database';
import type { TestPlatform } from '../platform/run-platform.ts';
import { type AnswersOfTag, readAnswers } from './answers.ts';
import { GoodCalls } from './good-calls.ts';
import type { Schemathesis } from './schemathesis.ts';
import { serveGoodCalls } from './serve-good-calls.ts';

export interface Fuzzing {
  mode: 'positive' | 'negative';
  /** `coverage`: each bound of each field, each header and method; `fuzzing`: at random. */
  phases: readonly ('coverage' | 'fuzzing')[];
  /** How many random calls of each operation. */
  examples: number;
  /** How many of them are right as a whole, 0 to 1. */
  goodShare: number;
  /** Checks of schemathesis that are left out. */
  excludedChecks: readonly string[];
}

export interface Fuzzed {
  /** 0: nothing was found. */
  code: number | null;
  output: string;
  answers: AnswersOfTag[];
}

const longestMs = 900_000;

/** Calls every operation that a running platform describes. The same seed gives the same calls. */
export async function fuzzApi(
  schemathesis: Schemathesis,
  { platform, db }: { platform: TestPlatform; db: Database },
  { mode, phases, examples, goodShare, excludedChecks }: Fuzzing,
): Promise<Fuzzed> {
  await using own = new AsyncDisposableStack();
  const cwd = await mkdtemp(join(tmpdir(), 'keyward-fuzz-'));
  own.defer(() => rm(cwd, { recursive: true, force: true }));
  const { url: goodCalls } = own.use(await serveGoodCalls(new GoodCalls(db, platform)));
  const answered = join(cwd, 'answered');
  const { code, output, errors } = await schemathesis.run(
    [
      ...['run', `${platform.adminUrl}/openapi.json`, '--url', platform.url, '--exclude-checks', excludedChecks.join()],
      ...['--phases', phases.join(), '--mode', mode, '--max-examples', String(examples), '--seed', '1'],
      // One worker: Python's parser, which schemathesis writes its generators by, fails at random in several threads (gh-106905).
      ...['--continue-on-failure', '--no-shrink', '--generation-database', 'none', '--workers', '1'],
      ...['--request-timeout', '30', '--suppress-health-check', 'all', '--warnings', 'off', '--no-color'],
    ],
    {
      cwd,
      env: {
        SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'hooks.py'),
        GOOD_CALLS: goodCalls,
        GOOD_SHARE: String(goodShare),
        ADMIN_API: platform.adminUrl,
        ANSWERED: answered,
      },
      timeoutMs: longestMs,
    },
  );
  return { code, output: output + errors, answers: readAnswers(await readFile(answered, 'utf8').catch(() => '')) };
}
