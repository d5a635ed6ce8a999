import { createVitest, parseCLI, type TestCase, type TestModule, type Vitest } from 'vitest/node';
import { markedBackend } from './backends/backend-mark.ts';
// Types the provided `stores`.
import type {} from './backends/global-setup.ts';
import { messageOf } from './backends/message-of.ts';
import type { StoreStates } from './backends/started-store.ts';
import { addTo, type Counts, noCounts } from './counts.ts';

export interface TestRun {
  all: Counts;
  /** Of the tests whose suite carries a backend's mark. */
  byBackend: ReadonlyMap<string, Counts>;
  /** Undefined when the run ended before the stores were looked for. */
  stores: StoreStates | undefined;
  /** What failed outside of any test: a file that cannot be read, a store that is required and missing. */
  otherFailures: readonly string[];
}

/** Runs the tests that the arguments of vitest's command line select, and tells how each of them ended. */
export async function runVitest(args: readonly string[]): Promise<TestRun> {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const vitest = await withoutSignalListeners(() => createVitest('test', { ...options, watch: false }));
  const otherFailures: string[] = [];
  const release = onSignal((signal) => {
    otherFailures.push(`The run was ended by ${signal}.`);
    void vitest.cancelCurrentRun('keyboard-input');
  });
  try {
    await vitest.start(filter).catch((error: unknown) => otherFailures.push(messageOf(error)));
    const modules = vitest.state.getTestModules();
    otherFailures.push(...modules.flatMap(moduleFailures));
    otherFailures.push(...vitest.state.getUnhandledErrors().map(messageOf));
    return { ...count(modules), stores: storesOf(vitest), otherFailures };
  } finally {
    await vitest.close();
    release();
  }
}

/** A file or suite that failed beside its tests: an import, a hook. */
function moduleFailures(module: TestModule): string[] {
  const where = module.relativeModuleId;
  const own = module.errors().map((error) => `${where}: ${error.message}`);
  const suites = [...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map((error) => `${where}, ${suite.fullName}: ${error.message}`),
  );
  return [...own, ...suites];
}

function count(modules: readonly TestModule[]): Pick<TestRun, 'all' | 'byBackend'> {
  const all = noCounts();
  const byBackend = new Map<string, Counts>();
  for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
    const { state } = test.result();
    addTo(all, state);
    const backend = backendOf(test);
    if (backend === undefined) continue;
    const counts = byBackend.get(backend) ?? noCounts();
    addTo(counts, state);
    byBackend.set(backend, counts);
  }
  return { all, byBackend };
}

function backendOf(test: TestCase): string | undefined {
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent) {
    const backend = markedBackend(suite.name);
    if (backend !== undefined) return backend;
  }
  return undefined;
}

/** Empty when the setup failed before it told of any store. */
function storesOf(vitest: Vitest): StoreStates | undefined {
  const provided: Partial<{ stores: StoreStates }> = vitest.getRootProject().getProvidedContext();
  return provided.stores;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** vitest's logger ends the process a millisecond after a signal, under the feet of the stores that are to be stopped. */
async function withoutSignalListeners<T>(work: () => Promise<T>): Promise<T> {
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)));
  const result = await work();
  for (const signal of signals) {
    for (const added of process.listeners(signal)) if (!before.has(added)) process.off(signal, added);
  }
  return result;
}

/** The first signal is `cancel`'s, so that the running tests end and the stores stop; the next one ends the process. */
function onSignal(cancel: (signal: NodeJS.Signals) => void): () => void {
  let cancelled = false;
  const listener = (signal: NodeJS.Signals) => {
    if (cancelled) process.exit(signal === 'SIGINT' ? 130 : 143);
    cancelled = true;
    cancel(signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
