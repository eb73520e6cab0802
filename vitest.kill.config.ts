import { defineConfig } from 'vitest/config';
import { chosenSeed } from './test/support/chosen-seed.ts';

/**
 * kill -9 again and again, at moments that the seed names: worker, link and control plane over both
 * channels, the writer of a spool.
 */
export default defineConfig({
  test: {
    include: ['test/kill/**/*.test.ts'],
    env: { TEST_SEED: chosenSeed('test:kill') },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['verbose'],
  },
});
