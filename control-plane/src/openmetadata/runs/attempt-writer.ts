/**
 * Writes the stored records of one attempt to the server, from the first one on and while the run
 * is under way. Invariants:
 * - Records are written in the order of the stream. What is there already is left as it is, so a
 *   repetition changes nothing.
 * - What is missing in the source is removed only after the run has succeeded and its whole stream
 *   was written.
 */
import type { OutcomeStatus, StepSummary } from '../../../../foundation/src/domain/record.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { MetadataSink, SinkReport } from '../../../../openmetadata/src/sink/records.ts';
import { isEnded, type Run } from '../../runs/run.ts';
import type { Attempt, StoredRecord } from '../../store/store.ts';
import type { RelayDeps } from './relay-deps.ts';
import { FINDINGS, isFinding, sinkRecordOf } from './relay-records.ts';

const PAGE = 200;
/** How long a change of the run may go unnoticed. */
const TICK_MS = 1000;

export interface Written {
  readonly run: Run;
  readonly attempt: Attempt;
  readonly report: SinkReport;
}

export class AttemptWriter {
  readonly #deps: RelayDeps;
  readonly #run: Run;
  readonly #sink: MetadataSink;

  constructor(deps: RelayDeps, run: Run, sink: MetadataSink) {
    this.#deps = deps;
    this.#run = run;
    this.#sink = sink;
  }

  /** Resolves when the sink has settled. Throws when it broke, or with the signal's reason. */
  async write(signal: AbortSignal): Promise<Written> {
    const { run, attempt } = await this.#streamAll(signal);
    const state = isEnded(run.status) ? run.status.state : 'failed';
    if (state === 'success' || state === 'partialSuccess')
      for (const kind of FINDINGS) await this.#writeAll(kind, signal);
    const report = await this.#sink.finish(
      {
        status: state satisfies OutcomeStatus,
        // Reported as the runner wrote them: the server is the judge of their members.
        steps: (attempt.outcome?.steps ?? []) as unknown as readonly StepSummary[],
        startedAt: run.startedAt ?? run.queuedAt,
        endedAt: this.#deps.clock.now(),
      },
      signal,
    );
    return { run, attempt, report };
  }

  /** The run after the last record of the attempt. */
  async #streamAll(signal: AbortSignal): Promise<Pick<Written, 'run' | 'attempt'>> {
    const { store, changes, clock } = this.#deps;
    const { id, epoch } = this.#run;
    for (let after = 0; ;) {
      signal.throwIfAborted();
      const watch = changes.watch(id);
      const run = await store.read.runs.get(id);
      const attempt = await store.read.runs.attempt(id, epoch);
      const page = await store.read.records.ofAttempt(id, epoch, { after, limit: PAGE });
      if (run === undefined || attempt === undefined)
        throw new RunnerError('INTERNAL', 'the run is gone');
      if (page.length === 0 && isEnded(run.status)) {
        watch.end();
        return { run, attempt };
      }
      await this.#writePage(page, (kind) => !isFinding(kind), signal);
      after = page.at(-1)?.sequence ?? after;
      if (page.length === 0) await watch.wait(clock, TICK_MS, signal);
      else watch.end();
    }
  }

  async #writeAll(kind: string, signal: AbortSignal): Promise<void> {
    const { records } = this.#deps.store.read;
    const { id, epoch } = this.#run;
    for (let after = 0; ;) {
      const page = await records.ofAttempt(id, epoch, { after, limit: PAGE }, kind);
      await this.#writePage(page, () => true, signal);
      if (page.length < PAGE) return;
      after = page.at(-1)!.sequence;
    }
  }

  async #writePage(
    page: readonly StoredRecord[],
    wanted: (kind: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    for (const { line } of page) {
      const record = sinkRecordOf(this.#run.service, line);
      if (record === undefined || !wanted(record.kind)) continue;
      await this.#sink.write(record, signal);
    }
  }
}
