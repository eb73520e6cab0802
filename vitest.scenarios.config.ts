import { defineConfig } from 'vitest/config';
import plain from './vitest.config.ts';

/** Whole-process scenarios that take a minute each, too long for the README's test command. */
export default defineConfig({
  test: {
    include: ['test/scenario/long/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: plain.test!.env!,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['verbose'],
  },
});
