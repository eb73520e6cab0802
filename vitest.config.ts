import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Programs under test start in half the time when their code is compiled already. */
const compileCache = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/**
 * The README's test command: everything that runs without a foreign program, except what takes long
 * (vitest.scenarios.config.ts).
 */
export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'foundation/**/*.test.ts',
      'openmetadata/**/*.test.ts',
      'test/**/*.test.ts',
      'control-plane/**/*.test.ts',
      'sandbox-org/**/*.test.ts',
    ],
    exclude: [
      '**/node_modules/**',
      'dist/**',
      '**/*.long.test.ts',
      'test/peers/**',
      'test/browser/**',
      'test/kill/**',
      'test/scenario/long/**',
      'test/observability/**',
      'test/providers/**',
      'test/install/**',
      'test/release/**',
    ],
    // Patient, for machines that have other things to do; nothing waits this long when all is well.
    // What a test waits for itself is as patient.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: { NODE_COMPILE_CACHE: compileCache },
    pool: 'forks',
    // Much of a test's time is waiting for a child process or the network.
    maxWorkers: 4,
    // Files of one worker share what they import: loading it again for each would take a third of
    // the time.
    isolate: false,
    coverage: {
      provider: 'v8',
      include: ['{src,{foundation,openmetadata,control-plane,sandbox-org}/src}/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
    // What a CommonJS package exports is its default, as Node itself has it.
    deps: { interopDefault: false },
  },
});
