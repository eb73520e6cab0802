import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { NEVER, throwIfAborted } from '../../foundation/src/runtime/abort.ts';
import { ChangeSignal } from '../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../foundation/src/runtime/wait.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { GroupTimer } from './group-timer.ts';
import { type Group, PendingRecords } from './pending-records.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from './segment.ts';
import { SegmentFile } from './segment-file.ts';
import { Listeners } from '../../foundation/src/runtime/listeners.ts';

export interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clock: Clock;
  /** Sequence of the first record; 1 for a new attempt. */
  readonly next?: Sequence;
  /** Size limit of a segment. */
  readonly segmentBytes?: number;
  /** A group is written when it has this many bytes, or when its first record is this old. */
  readonly groupBytes?: number;
  readonly groupMs?: number;
  /** `append` waits while this many bytes are not durable yet. */
  readonly pendingBytes?: number;
  /** Pause before the next try after a full disk. */
  readonly retryMs?: number;
}

const DEFAULTS = {
  next: 1,
  segmentBytes: 8 * 1024 * 1024,
  groupBytes: 256 * 1024,
  groupMs: 20,
  pendingBytes: 1024 * 1024,
  retryMs: 500,
} as const;

type State =
  | { readonly kind: 'open' }
  /** The disk is full. Nothing is lost, and writing continues when there is space. */
  | { readonly kind: 'stalled'; readonly error: RunnerError }
  /** The disk failed in another way. Records that are not durable now never will be. */
  | { readonly kind: 'failed'; readonly error: RunnerError }
  | { readonly kind: 'closed' };

/**
 * The writing end of an attempt's spool. Records become durable in groups, one group at a time.
 * `append` does not wait for the disk until `pendingBytes` are pending.
 */
export class SpoolWriter {
  readonly #options: Required<WriterOptions>;
  readonly #controller = new AbortController();
  readonly #listeners = new Listeners<Sequence>();
  readonly #loop: Promise<void>;
  #segment: SegmentFile | undefined;
  #closedBytes = 0;
  readonly #pending: PendingRecords;
  #next: Sequence;
  #durable: Sequence;
  #flushing = false;
  #state: State = { kind: 'open' };
  readonly #changed = new ChangeSignal();
  readonly #timer: GroupTimer;

  constructor(options: WriterOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#next = this.#options.next;
    this.#durable = this.#next - 1;
    this.#pending = new PendingRecords(this.#options.segmentBytes);
    const { clock, groupMs } = this.#options;
    this.#timer = new GroupTimer(clock, groupMs, () => this.#changed.notify());
    this.#loop = this.#run();
  }

  /** Every record up to this sequence survives a crash. */
  get durable(): Sequence {
    return this.#durable;
  }

  /** First sequence of the segment of the next record. Earlier segments no longer grow. */
  get segment(): Sequence {
    return this.#segment?.first ?? this.#durable + 1;
  }

  /** Size of the segments that this writer has created. */
  get bytes(): number {
    return this.#closedBytes + (this.#segment?.size ?? 0);
  }

  /** DISK_FULL while the writer waits for disk space; the error once it has failed. */
  get condition(): RunnerError | undefined {
    return this.#state.kind === 'stalled' || this.#state.kind === 'failed'
      ? this.#state.error
      : undefined;
  }

  /** Called with each durable sequence, and after each try on a full disk: `segment` may change. */
  onDurable(listener: (durable: Sequence) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Resolves with the sequence of the record when it is accepted, before it is durable. Waits while
   * too many bytes are pending. Throws what stopped the writer, or the signal's reason.
   */
  async append(
    payload: Uint8Array,
    options: { readonly last: boolean },
    signal: AbortSignal,
  ): Promise<Sequence> {
    if (payload.byteLength > MAX_PAYLOAD_BYTES)
      throw new RunnerError(
        'INTERNAL',
        `a record of ${payload.byteLength} bytes exceeds the size limit of the spool`,
      );
    while (!this.#hasRoom()) await this.#changed.wait(signal);
    const record = { sequence: this.#next++, last: options.last, payload };
    this.#pending.add(record);
    this.#changed.notify();
    return record.sequence;
  }

  /** Resolves when all accepted records are durable. Waits while the disk is full. */
  async flush(signal: AbortSignal): Promise<void> {
    const wanted = this.#next - 1;
    if (this.#durable < wanted) this.#flushing = true;
    this.#changed.notify();
    await this.#changed.until(() => this.#reached(wanted), signal);
  }

  /** Stops at once. Pending records are lost, so call `flush` first. */
  async close(): Promise<void> {
    if (this.#state.kind !== 'failed') this.#set({ kind: 'closed' });
    this.#controller.abort(new RunnerError('ABORTED', 'the spool writer is closed'));
    await this.#loop;
    await this.#segment?.close();
  }

  #hasRoom(): boolean {
    this.#throwIfStopped();
    return this.#pending.bytes < this.#options.pendingBytes;
  }

  #reached(wanted: Sequence): boolean {
    if (this.#durable >= wanted) return true;
    this.#throwIfStopped();
    return false;
  }

  #throwIfStopped(): void {
    if (this.#state.kind === 'failed') throw this.#state.error;
    if (this.#state.kind === 'closed')
      throw new RunnerError('ABORTED', 'the spool writer is closed');
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted) {
      try {
        await this.#gather(signal);
        await this.#commitWhatFits();
        this.#set({ kind: 'open' });
      } catch (thrown) {
        if (!signal.aborted) await this.#stall(RunnerError.from(thrown, 'SINK_FAILED'), signal);
      }
    }
  }

  /**
   * Waits for a first record, then until the group is large or old enough. Closing is a change as
   * well, so the waits need no listener on the signal, which would cost more than the wait itself.
   */
  async #gather(signal: AbortSignal): Promise<void> {
    await this.#changed.until(() => signal.aborted || this.#pending.count > 0, NEVER);
    this.#timer.start(signal);
    await this.#changed.until(() => signal.aborted || this.#isGroup(), NEVER);
    this.#timer.stop();
    throwIfAborted(signal);
  }

  /** Whether the pending records need not wait for more. */
  #isGroup(): boolean {
    return this.#flushing || this.#timer.isDue || this.#pending.bytes >= this.#options.groupBytes;
  }

  /** Halves a group that does not fit on the disk. Throws DISK_FULL if not even one record fits. */
  async #commitWhatFits(): Promise<void> {
    for (;;) {
      const group = this.#pending.nextGroup();
      try {
        await this.#commit(group);
        this.#pending.noteFit();
        return;
      } catch (thrown) {
        const error = RunnerError.from(thrown, 'SINK_FAILED');
        if (error.code !== 'DISK_FULL' || group.records.length === 1) throw error;
        this.#pending.noteDiskFull(group);
      }
    }
  }

  async #commit(group: Group): Promise<void> {
    const { segmentBytes, disk, directory } = this.#options;
    if (this.#segment !== undefined && this.#segment.size + group.bytes > segmentBytes)
      await this.#rotate(this.#segment);
    this.#segment ??= new SegmentFile(disk, directory, this.#durable + 1);
    await this.#segment.append(group.records, group.bytes);
    this.#pending.noteDurable(group);
    this.#durable += group.records.length;
    this.#flushing &&= this.#pending.count > 0;
    this.#listeners.notify(this.#durable);
    this.#changed.notify();
  }

  /** Closes a segment with records, so that it can be deleted once it is acknowledged. */
  async #rotate(segment: SegmentFile): Promise<void> {
    if (segment.size <= HEADER_BYTES) return await segment.clean();
    await segment.seal();
    this.#closedBytes += segment.size;
    this.#segment = undefined;
  }

  /** Waits for disk space. Closes the segment first, because its records may fill the disk. */
  async #stall(reason: RunnerError, signal: AbortSignal): Promise<void> {
    if (reason.code !== 'DISK_FULL') return this.#fail(reason);
    try {
      if (this.#segment !== undefined) await this.#rotate(this.#segment);
    } catch (thrown) {
      return this.#fail(RunnerError.from(thrown, 'SINK_FAILED'));
    }
    this.#set({ kind: 'stalled', error: reason });
    this.#listeners.notify(this.#durable);
    await sleepUnlessAborted(this.#options.clock, this.#options.retryMs, signal);
  }

  #fail(reason: RunnerError): void {
    this.#controller.abort(reason);
    this.#set({ kind: 'failed', error: reason });
  }

  #set(state: State): void {
    if (this.#state.kind === 'closed') return;
    const same = this.#state.kind === state.kind;
    this.#state = state;
    if (!same) this.#changed.notify();
  }
}
