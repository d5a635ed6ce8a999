import { defineConfig } from 'vitest/config';

/** Two cores, and a PGlite of up to 700 MB in a worker. */
const maxWorkers = 2;

export default defineConfig({
  test: {
    // Starts the stores that the selected files need, once per run; see tests/README.md.
    globalSetup: ['./tests/src/backends/global-setup.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'services/*/test/**/*.test.ts'],
          maxWorkers,
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'house',
          include: ['tests/architecture/**/*.test.ts', 'tests/documents/**/*.test.ts'],
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
          // One file at a time: each runs all services, and some measure time.
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
