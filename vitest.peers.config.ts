import { defineConfig } from 'vitest/config';

/**
 * Proofs against public clients and servers; each installs what it needs or says clearly why it
 * cannot run.
 */
export default defineConfig({
  test: {
    include: ['test/peers/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
