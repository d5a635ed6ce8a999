import { documentedRoutes } from '@keyward/contract/openapi/document';
import { nameOfRoute } from '@keyward/contract/openapi/names';
import { openDatabase } from '@keyward/stores/postgres/database';
import { freshMemoryUrl, freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { requiredTools } from '@keyward/tests/backends/required-tools';
import type { AnswersOfTag } from '@keyward/tests/fuzz/answers';
import { type Fuzzing, fuzzApi } from '@keyward/tests/fuzz/fuzz-api';
import { findSchemathesis } from '@keyward/tests/fuzz/schemathesis';
import { runPlatform } from '@keyward/tests/platform/run-platform';
import { beforeAll, describe, expect, it } from 'vitest';

/** What is not asked of the answers, and why. */
const excludedChecks = [
  // What fits its schema may name what is not there, a day that no month has, or a state that is gone. That what is right as
  // a whole is done is asked by good_call_is_done, which is ours.
  'positive_data_acceptance',
  // It needs to be told of a second identity; the access matrix asks for each id of each route with identities of every kind.
  'object_level_authorization',
  // These look at chains of calls, and each call here is about things of its own.
  'use_after_free',
  'ensure_resource_availability',
];
const operations = documentedRoutes.map(nameOfRoute);
const countOf = (tag: string) => operations.filter((operation) => operation.tag === tag).length;
const timeoutMs = 1_000_000;

// What is asked of the API is asked before any store is, so that one stack is enough.
describe('the API, called as its description allows and as it forbids', () => {
  let schemathesis: Awaited<ReturnType<typeof findSchemathesis>>;
  beforeAll(async () => {
    schemathesis = await findSchemathesis();
  }, timeoutMs);

  it.for<Omit<Fuzzing, 'excludedChecks'>>([
    { mode: 'positive', phases: ['fuzzing'], examples: 5, goodShare: 0.6 },
    { mode: 'negative', phases: ['coverage', 'fuzzing'], examples: 3, goodShare: 0 },
  ])(
    'is answered as it is described, and never by a fault of ours: $mode',
    { timeout: timeoutMs },
    async (fuzzing, { skip }) => {
      if (typeof schemathesis === 'string') {
        if (requiredTools().includes('schemathesis')) throw new Error(`schemathesis is required: ${schemathesis}`);
        return skip(`there is no schemathesis: ${schemathesis}`);
      }
      await using own = new AsyncDisposableStack();
      const urls = { redis: freshMemoryUrl(), postgres: freshPgliteUrl(), kafka: freshMemoryUrl() };
      // Each call comes from an address of its own, or trying to sign in would be slowed down.
      const adminVariables = { TRUSTED_PROXIES: '127.0.0.1' };
      const platform = own.use(await runPlatform(urls, { isOperatorNamed: true, adminVariables }));
      const { db } = own.use(await openDatabase(urls.postgres));
      const { code, output, answers } = await fuzzApi(schemathesis, { platform, db }, { ...fuzzing, excludedChecks });
      tell(fuzzing.mode, answers);
      expect(code, output.slice(-20_000)).toBe(0);
      for (const { tag, operations: asked, all, done } of answers) {
        expect([tag, asked]).toEqual([tag, countOf(tag)]);
        // Or nothing that lies behind the checks of the input would have been tried.
        if (fuzzing.mode === 'positive')
          expect(done, `${done} of ${all} calls of ${tag}`).toBeGreaterThanOrEqual(all / 2);
      }
      expect(answers.map(({ tag }) => tag).toSorted()).toEqual(
        [...new Set(operations.map(({ tag }) => tag))].toSorted(),
      );
    },
  );
});

function tell(mode: string, answers: readonly AnswersOfTag[]): void {
  const shares = answers.map(({ tag, all, done }) => `${tag} ${done}/${all}`).toSorted();
  const calls = answers.reduce((sum, { all }) => sum + all, 0);
  const asked = answers.reduce((sum, { operations: count }) => sum + count, 0);
  process.stdout.write(
    `fuzzed API [${mode}]: ${asked} operations, ${calls} calls; answered 2xx: ${shares.join(', ')}\n`,
  );
}
