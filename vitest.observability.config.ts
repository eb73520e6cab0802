import { defineConfig } from 'vitest/config';

/** Metrics, alert rules and dashboard with a real Prometheus. */
export default defineConfig({
  test: {
    include: ['test/observability/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
