import type { SourceCheck } from '../../scripts/check-sources.ts';
import type { StoreState, StoreStates } from './backends/started-store.ts';
import { storeNames } from './backends/store-name.ts';
import { countsLine } from './counts.ts';
import type { TestRun } from './run-vitest.ts';

export interface WholeRun extends TestRun {
  checks: readonly SourceCheck[];
}

/** How many things went wrong: tests, checks, files, stores; and a run in which no test was executed is one. */
export function failures({ all, checks, otherFailures }: WholeRun): number {
  const failed = all.failed + checks.filter(({ passed }) => !passed).length + otherFailures.length;
  return failed === 0 && all.passed === 0 ? 1 : failed;
}

/** What a person must know at the end of a run; the last line is the one that CI reads. */
export function closingLines(run: WholeRun): string[] {
  return [
    ...section('Checks', run.checks.map(checkLine)),
    ...section('Stores', run.stores ? storeLines(run.stores) : []),
    ...section('Tests by backend', backendLines(run)),
    ...section(
      'Failed outside of the tests',
      run.otherFailures.map((failure) => `  ${failure}`),
    ),
    ...warnings(run),
    countsLine({ ...run.all, failed: failures(run) }),
  ];
}

const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [title, ...lines, '']);

const checkLine = ({ name, passed, tookMs }: SourceCheck) =>
  `  ${name.padEnd(14)} ${passed ? 'passed' : 'FAILED'} (${(tookMs / 1_000).toFixed(1)} s)`;

const storeLines = (stores: StoreStates) =>
  storeNames
    .filter((name) => stores[name].state !== 'not-needed')
    .map((name) => `  ${name.padEnd(14)} ${storeLine(stores[name])}`);

function storeLine(store: StoreState): string {
  switch (store.state) {
    case 'running':
      return `${store.origin}, ready in ${(store.startedInMs / 1_000).toFixed(1)} s${store.note ? ` (${store.note})` : ''}`;
    case 'missing':
      return `MISSING: ${store.reason}`;
    case 'not-needed':
      return 'not needed by these tests';
  }
}

/** The order is that of the tables in describe-backends.ts. */
const backends: Record<string, string> = {
  memory: 'embedded',
  redis: 'redis',
  'redis-cluster': 'redis-cluster',
  pglite: 'embedded',
  postgres: 'postgres',
  kafka: 'kafka',
  embedded: 'memory, pglite, memory',
  real: 'redis, postgres, kafka',
  'real-cluster': 'redis-cluster, postgres, kafka',
};

const backendLines = ({ byBackend }: WholeRun) =>
  Object.entries(backends).flatMap(([name, on]) => {
    const counts = byBackend.get(name);
    return counts ? [`  ${name.padEnd(14)} ${countsLine(counts)}${name === on ? '' : ` (${on})`}`] : [];
  });

function warnings({ stores, all, otherFailures }: WholeRun): string[] {
  const missing = stores ? storeNames.filter((name) => stores[name].state === 'missing') : [];
  return [
    ...(missing.length > 0
      ? [`!! NOT EVERYTHING WAS TESTED: no ${missing.join(', no ')} (${all.skipped} tests skipped).`, '']
      : []),
    ...(all.passed + all.failed === 0 && otherFailures.length === 0 ? ['!! No test was executed.', ''] : []),
  ];
}
