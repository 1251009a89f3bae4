/** The suites that only run on demand, against something that `npm test` must not touch. */
import { defineConfig } from 'vitest/config';

const LIMIT_MS = 600_000;

// biome-ignore lint/style/noDefaultExport: Vitest reads it
export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    include: ['test/opt-in/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    fileParallelism: false,
  },
});
