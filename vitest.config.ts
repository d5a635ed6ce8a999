import { defineConfig } from 'vitest/config';

/** Two cores, and a PGlite of up to 700 MB in a worker. */
const maxWorkers = 2;

/** They measure time, start services as processes, or kill and freeze servers: one file at a time. */
const alone = ['nodes/*', 'failure-policy', 'outage', 'reseed', 'start', 'validation'].map(
  (name) => `tests/e2e/${name}.test.ts`,
);
/** Each test calls all services, and each file starts them. */
const wholeStack = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // Starts the stores that the selected files need, once per run; see tests/README.md.
    globalSetup: ['./tests/src/backends/global-setup.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'services/*/test/**/*.test.ts'],
          exclude: ['packages/sdk/test/package/**'],
          maxWorkers,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'package',
          include: ['packages/sdk/test/package/**/*.test.ts'],
          // Packs the SDK as it is published, once for all files.
          globalSetup: ['./packages/sdk/test/package/global-setup.ts'],
          maxWorkers,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'house',
          include: ['tests/architecture/**/*.test.ts', 'tests/documents/**/*.test.ts', 'tests/infra/**/*.test.ts'],
          maxWorkers,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'stores',
          include: ['tests/stores/**/*.test.ts'],
          maxWorkers,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: alone,
          maxWorkers,
          ...wholeStack,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: alone,
          maxWorkers: 1,
          ...wholeStack,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
