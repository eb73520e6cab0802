import { defineConfig } from 'vitest/config';
import plain from './vitest.config.ts';

/**
 * What takes too long for the README's test command: scenarios of whole programs, and every field or
 * answer in turn.
 */
export default defineConfig({
  test: {
    include: ['test/scenario/long/**/*.test.ts', '**/*.long.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: plain.test!.env!,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['verbose'],
    deps: plain.test!.deps!,
  },
});
