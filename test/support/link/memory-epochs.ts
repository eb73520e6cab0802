import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { EpochMemory } from '../../../src/link/replay/epoch-memory.ts';

/** Remembers epochs for a test. */
export class MemoryEpochs implements EpochMemory {
  readonly #highest = new Map<string, number>();
  /** Thrown by `reserve` while set. */
  failure: Error | undefined;
  /** `reserve` waits for it. */
  free: PromiseWithResolvers<void> | undefined;

  assertNew({ runId, epoch }: AttemptRef): void {
    if (epoch <= (this.#highest.get(runId) ?? -1))
      throw new RunnerError('OFFER_REPLAYED', 'the attempt has already begun');
  }

  async reserve(): Promise<void> {
    await this.free?.promise;
    if (this.failure !== undefined) throw this.failure;
  }

  begun({ runId, epoch }: AttemptRef): void {
    this.#highest.set(runId, Math.max(epoch, this.#highest.get(runId) ?? 0));
  }
}
