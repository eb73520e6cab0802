import { defineConfig } from 'vitest/config';
import { chosenSeed } from './test/support/chosen-seed.ts';

/**
 * Properties and simulations with many times the runs of the plain suite, from a seed of their own.
 */
export default defineConfig({
  test: {
    include: [
      'src/audit/syslog/disturbances.test.ts',
      'src/policy/address.test.ts',
      'src/secrets/reference.test.ts',
      'src/redaction/*.test.ts',
      'src/link/link.simulation.test.ts',
      'src/link/capacity.simulation.test.ts',
      'src/connectors/salesforce/formula/adversarial.test.ts',
      'src/connectors/salesforce/json/json-items.test.ts',
      'control-plane/test/slots.test.ts',
      'control-plane/test/scheduler-properties.test.ts',
      'test/contract/spool.model.test.ts',
      'test/simulation/everything-*.test.ts',
      'test/fuzz/*.test.ts',
    ],
    env: {
      PROPERTY_RUNS: process.env['PROPERTY_RUNS'] ?? '20',
      TEST_SEED: chosenSeed('test:seeds'),
    },
    setupFiles: ['test/support/seeded-properties.ts'],
    deps: { interopDefault: false },
    testTimeout: 300_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
