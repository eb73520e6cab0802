import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import type { ProviderDeps } from '../../src/secrets/providers/provider-kind.ts';
import { processVersions } from '../../src/secrets/value-versions.ts';

/** Without `connect` in `more`, the provider has no network. */
export function providerDeps(more: Partial<ProviderDeps> = {}): ProviderDeps {
  return {
    env: {},
    clock: systemClock,
    random: systemRandom,
    connect: async () => {
      throw new RunnerError('INTERNAL', 'the provider of this test has no network');
    },
    protect: () => undefined,
    versions: processVersions(systemRandom),
    ...more,
  };
}
