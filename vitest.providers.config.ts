import { defineConfig } from 'vitest/config';

/** Secret managers against real servers, which are built or installed once. */
export default defineConfig({
  test: {
    include: ['test/providers/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 1_800_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
