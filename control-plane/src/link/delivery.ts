/**
 * Storing what runners deliver. Invariants:
 * - A record is stored with its effects and its attempt's position in one transaction.
 * - An acknowledgement leaves only after that transaction is on the disk.
 * - Every write carries the run's present epoch, or it is refused.
 */
import type { Transaction } from '../store/store.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Ground } from '../deps.ts';
import type { AttemptRef, Batch, ToRunner } from './frames.ts';
import { storeBatch, type Verdict } from './batch-store.ts';

/** Batches of any number of runners that share one transaction. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
const MAX_GROUP = 256;

export interface Deliverer {
  readonly runnerId: string;
  readonly bootId: string;
  readonly channel: string;
  send(frame: ToRunner): void;
  close(reason: string): void;
}

interface Waiting {
  readonly from: Deliverer;
  readonly ref: AttemptRef;
  readonly batch: Batch;
  readonly done: () => void;
}

/** Stores batches in the order in which they came, many to a transaction. */
export class Delivery {
  readonly #ground: Ground;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Resolves when the batch has been answered. */
  submit(from: Deliverer, ref: AttemptRef, batch: Batch): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ from, ref, batch, done });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#store(this.#takeGroup());
    this.#working = undefined;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let size = 0;
    while (size < this.#waiting.length && size < MAX_GROUP && bytes < MAX_GROUP_BYTES)
      bytes += this.#waiting[size++]!.batch.payload.length;
    return this.#waiting.splice(0, size);
  }

  /** A group that fails is stored one by one, so that a bad batch harms only its own runner. */
  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await this.#ground.store.transaction((tx) => this.#storeAll(tx, group));
      this.#answer(group, verdicts);
    } catch (thrown) {
      if (group.length > 1) {
        for (const one of group) await this.#store([one]);
        return;
      }
      this.#ground.log.error(
        { err: thrown, run: group[0]?.ref.runId },
        'a batch could not be stored',
      );
      group[0]?.from.close('the batch could not be stored');
    }
    for (const { done } of group) done();
  }

  async #storeAll(tx: Transaction, group: readonly Waiting[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const { from, ref, batch } of group)
      verdicts.push(await storeBatch(tx, this.#ground, from, ref, batch));
    return verdicts;
  }

  /** One acknowledgement an attempt and group: the last says it all. */
  #answer(group: readonly Waiting[], verdicts: readonly Verdict[]): void {
    const acknowledged = new Map<string, () => void>();
    group.forEach(({ from, ref }, index) => {
      const verdict = verdicts[index]!;
      if (verdict.kind === 'nack')
        from.send({
          kind: 'nack',
          body: {
            ref,
            code: verdict.code,
            expectedSequence: verdict.expected,
            message: verdict.message,
          },
        });
      else
        acknowledged.set(`${ref.runId} ${ref.epoch}`, () =>
          from.send({ kind: 'ack', body: { ref, upTo: verdict.upTo } }),
        );
      if (verdict.kind === 'ack' && verdict.ended) this.#ground.changes.changed(DISPATCH);
    });
    for (const acknowledge of acknowledged.values()) acknowledge();
    for (const runId of new Set(group.map(({ ref }) => ref.runId)))
      this.#ground.changes.changed(runId);
  }
}
