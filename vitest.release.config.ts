import { defineConfig } from 'vitest/config';

/**
 * A whole release: every artifact opened, run and compared with those of a second build. As root,
 * with Go, podman, runc and rpm.
 */
export default defineConfig({
  test: {
    include: ['test/release/**/*.test.ts'],
    globalSetup: 'test/release/build.ts',
    // The first test that needs helm builds it, which takes minutes on two busy cores.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
