/**
 * Stores delivered batches. Invariants:
 * - A record, its effects and its attempt's position are stored in one transaction.
 * - An acknowledgement is sent only after that transaction is on disk.
 * - A write without the run's current epoch is rejected.
 */
import type { Transaction } from '../store/store.ts';
import type { StoredPart } from '../telemetry/run-tracer.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Deps } from '../deps.ts';
import type { AttemptRef, Batch, ToRunner } from './frames.ts';
import { storeBatch, type Verdict } from './batch-store.ts';

/** Limits of the batches, from any number of runners, that share a transaction. */
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

/** Stores batches in the order of arrival, many in one transaction. */
export class Delivery {
  readonly #deps: Deps;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Resolves when the batch has been answered. */
  submit(from: Deliverer, ref: AttemptRef, batch: Batch): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ from, ref, batch, done });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when no batch waits. */
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

  /** A failed group is stored batch by batch, so that a bad batch affects only its own runner. */
  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const startedAt = this.#deps.clock.now();
      const verdicts = await this.#deps.store.transaction((tx) => this.#storeAll(tx, group));
      this.#answer(group, verdicts);
      this.#trace(group, verdicts, startedAt);
    } catch (thrown) {
      if (group.length > 1) {
        for (const one of group) await this.#store([one]);
        return;
      }
      const { runId: run, attempt, epoch } = group[0]?.ref ?? {};
      this.#deps.log.error({ err: thrown, run, attempt, epoch }, 'failed to store batch');
      group[0]?.from.close('failed to store batch');
    }
    for (const { done } of group) done();
  }

  async #storeAll(tx: Transaction, group: readonly Waiting[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const { from, ref, batch } of group)
      verdicts.push(await storeBatch(tx, this.#deps, from, ref, batch));
    return verdicts;
  }

  /** One part for each attempt of the group. */
  #trace(group: readonly Waiting[], verdicts: readonly Verdict[], startedAt: number): void {
    const { clock, tracer } = this.#deps;
    const endedAt = clock.now();
    const parts = new Map<string, { readonly ref: AttemptRef; readonly part: StoredPart }>();
    group.forEach(({ ref, batch }, index) => {
      const key = `${ref.runId} ${ref.epoch}`;
      const { records = 0, bytes = 0, result: earlier } = parts.get(key)?.part ?? {};
      const isRejected = verdicts[index]!.kind === 'nack' || earlier === 'rejected';
      const part: StoredPart = {
        startedAt,
        endedAt,
        records: records + batch.count,
        bytes: bytes + batch.payload.length,
        result: isRejected ? 'rejected' : 'acknowledged',
      };
      parts.set(key, { ref, part });
    });
    for (const { ref, part } of parts.values()) tracer.stored(ref, part);
  }

  /** Sends one acknowledgement for each attempt of the group: the last covers the others. */
  #answer(group: readonly Waiting[], verdicts: readonly Verdict[]): void {
    const { changes } = this.#deps;
    const acknowledgements = new Map<string, () => void>();
    group.forEach(({ from, ref }, index) => {
      const verdict = verdicts[index]!;
      if (verdict.kind === 'nack') {
        const { code, expected: expectedSequence, message } = verdict;
        from.send({ kind: 'nack', body: { ref, code, expectedSequence, message } });
        return;
      }
      acknowledgements.set(`${ref.runId} ${ref.epoch}`, () =>
        from.send({ kind: 'ack', body: { ref, upTo: verdict.upTo } }),
      );
      if (verdict.ended) changes.changed(DISPATCH);
    });
    for (const acknowledge of acknowledgements.values()) acknowledge();
    for (const runId of new Set(group.map(({ ref }) => ref.runId))) changes.changed(runId);
  }
}
