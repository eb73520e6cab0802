import { defineConfig } from 'vitest/config';

/** The README's test command: everything that runs without a foreign program and ends in minutes. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'control-plane/**/*.test.ts', 'sandbox-org/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'test/peers/**', 'test/browser/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
