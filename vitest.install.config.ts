import { defineConfig } from 'vitest/config';

/**
 * The README's installation, in a Debian that boots, and the container image. As root, with
 * debootstrap and systemd-nspawn.
 */
export default defineConfig({
  test: {
    include: ['test/install/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ['verbose'],
    bail: 1,
  },
});
