import type { Sequence } from '../domain/ids.ts';
import { ChangeSignal } from '../runtime/change-signal.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { sleepOrWoken, sleepUnlessAborted } from '../runtime/wait.ts';
import type { Disk } from '../runtime/disk.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, recordBytes, type SpoolRecord } from './segment.ts';
import { SegmentFile } from './segment-file.ts';

export interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clock: Clock;
  /** Sequence of the first record to come. 1 for a new attempt. */
  readonly next?: Sequence;
  /** A segment is closed before it would grow beyond this. */
  readonly segmentBytes?: number;
  /** A group is written when it has this many bytes or its first record is this old, whichever comes first. */
  readonly groupBytes?: number;
  readonly groupMs?: number;
  /** `append` waits while this much is not durable yet. */
  readonly pendingBytes?: number;
  /** Pause before a write that met a full disk is tried again. */
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
  /** The disk is full: nothing is lost, writing goes on when there is room. */
  | { readonly kind: 'stalled'; readonly error: RunnerError }
  /** The disk failed in another way: what is not durable by now never will be. */
  | { readonly kind: 'failed'; readonly error: RunnerError }
  | { readonly kind: 'closed' };

/**
 * The writing end of one attempt's spool. Records become durable in groups, one group at a time; `append` costs a
 * producer nothing but its turn until `pendingBytes` are on their way.
 */
export class SpoolWriter {
  readonly #options: Required<WriterOptions>;
  readonly #controller = new AbortController();
  readonly #listeners: ((durable: Sequence) => void)[] = [];
  readonly #loop: Promise<void>;
  #segment: SegmentFile | undefined;
  #closedBytes = 0;
  #pending: SpoolRecord[] = [];
  #pendingBytes = 0;
  #next: Sequence;
  #durable: Sequence;
  /** Bytes of the largest group that is tried: halved each time that the disk has no room for it. */
  #groupLimit: number;
  #hurry = false;
  #state: State = { kind: 'open' };
  readonly #changed = new ChangeSignal();

  constructor(options: WriterOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#next = this.#options.next;
    this.#durable = this.#next - 1;
    this.#groupLimit = this.#options.segmentBytes;
    this.#loop = this.#run();
  }

  /** Every record up to here survives a crash. */
  get durable(): Sequence {
    return this.#durable;
  }

  /** First sequence of the segment that the next record goes to: no record is added to those before it. */
  get segment(): Sequence {
    return this.#segment?.first ?? this.#durable + 1;
  }

  /** Bytes that the segments this writer made hold on disk. */
  get bytes(): number {
    return this.#closedBytes + (this.#segment?.size ?? 0);
  }

  /** DISK_FULL while the writer waits for room; the last error once it has failed. */
  get condition(): RunnerError | undefined {
    return this.#state.kind === 'stalled' || this.#state.kind === 'failed'
      ? this.#state.error
      : undefined;
  }

  /** Calls the listener with each new durable sequence, and again after each try that met a full disk: see `segment`. */
  onDurable(listener: (durable: Sequence) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves with the record's sequence when it is accepted, which is before it is durable. Waits while too much is
   * on its way. Throws what stopped the writer, or the signal's reason.
   */
  async append(
    payload: Uint8Array,
    options: { readonly last: boolean },
    signal: AbortSignal,
  ): Promise<Sequence> {
    if (payload.byteLength > MAX_PAYLOAD_BYTES)
      throw new RunnerError(
        'INTERNAL',
        `a record of ${payload.byteLength} bytes is too large for the spool`,
      );
    while (!this.#hasRoom()) await this.#changed.wait(signal);
    const record = { sequence: this.#next++, last: options.last, payload };
    this.#pending.push(record);
    this.#pendingBytes += recordBytes(record);
    this.#changed.notify();
    return record.sequence;
  }

  /** Resolves when everything accepted so far is durable. A full disk makes it wait; the signal ends the waiting. */
  async flush(signal: AbortSignal): Promise<void> {
    const wanted = this.#next - 1;
    if (this.#durable < wanted) this.#hurry = true;
    this.#changed.notify();
    await this.#changed.until(() => this.#reached(wanted), signal);
  }

  /** Stops at once; what is not durable by now is lost, so `flush` first. */
  async close(): Promise<void> {
    if (this.#state.kind !== 'failed') this.#set({ kind: 'closed' });
    this.#controller.abort(new RunnerError('ABORTED', 'the spool writer was closed'));
    await this.#loop;
    await this.#segment?.close();
  }

  #hasRoom(): boolean {
    this.#throwIfStopped();
    return this.#pendingBytes < this.#options.pendingBytes;
  }

  #reached(wanted: Sequence): boolean {
    if (this.#durable >= wanted) return true;
    this.#throwIfStopped();
    return false;
  }

  #throwIfStopped(): void {
    if (this.#state.kind === 'failed') throw this.#state.error;
    if (this.#state.kind === 'closed')
      throw new RunnerError('ABORTED', 'the spool writer was closed');
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

  /** Waits for a first record, then for as many more as a group may wait for. */
  async #gather(signal: AbortSignal): Promise<void> {
    await this.#changed.until(() => this.#pending.length > 0, signal);
    if (this.#isGroup()) return;
    await sleepOrWoken(
      this.#options.clock,
      this.#options.groupMs,
      (scope) => this.#changed.until(() => this.#isGroup(), scope),
      signal,
    );
  }

  /** Whether what is pending need not wait for more. */
  #isGroup(): boolean {
    return this.#hurry || this.#pendingBytes >= this.#options.groupBytes;
  }

  /** Where there is no room for a group there may be some for a part of it. Throws DISK_FULL when not even one record fits. */
  async #commitWhatFits(): Promise<void> {
    for (;;) {
      const [group, bytes] = this.#nextGroup();
      try {
        await this.#commit(group, bytes);
        this.#groupLimit = Math.min(this.#options.segmentBytes, 2 * this.#groupLimit);
        return;
      } catch (thrown) {
        const error = RunnerError.from(thrown, 'SINK_FAILED');
        if (error.code !== 'DISK_FULL' || group.length === 1) throw error;
        this.#groupLimit = Math.floor(bytes / 2);
      }
    }
  }

  /** The oldest pending records, at least one, and their bytes. */
  #nextGroup(): [readonly SpoolRecord[], number] {
    let [count, bytes] = [0, 0];
    for (const record of this.#pending) {
      if (count > 0 && bytes + recordBytes(record) > this.#groupLimit) break;
      [count, bytes] = [count + 1, bytes + recordBytes(record)];
    }
    return [this.#pending.slice(0, count), bytes];
  }

  async #commit(group: readonly SpoolRecord[], bytes: number): Promise<void> {
    const { segmentBytes, disk, directory } = this.#options;
    if (this.#segment !== undefined && this.#segment.size + bytes > segmentBytes)
      await this.#rotate(this.#segment);
    this.#segment ??= new SegmentFile(disk, directory, this.#durable + 1);
    await this.#segment.append(group, bytes);
    this.#settle(group.length, bytes);
  }

  #settle(count: number, bytes: number): void {
    this.#pending = this.#pending.slice(count);
    this.#pendingBytes -= bytes;
    this.#durable += count;
    this.#hurry &&= this.#pending.length > 0;
    for (const listener of this.#listeners) listener(this.#durable);
    this.#changed.notify();
  }

  /** What is in the segment can be deleted once it is acknowledged; one without a record stays the open one. */
  async #rotate(segment: SegmentFile): Promise<void> {
    if (segment.size <= HEADER_BYTES) return await segment.clean();
    await segment.seal();
    this.#closedBytes += segment.size;
    this.#segment = undefined;
  }

  /** Waits for room, after giving back what can be: a full disk may be full of this very segment. */
  async #stall(reason: RunnerError, signal: AbortSignal): Promise<void> {
    if (reason.code !== 'DISK_FULL') return this.#fail(reason);
    try {
      if (this.#segment !== undefined) await this.#rotate(this.#segment);
    } catch (thrown) {
      return this.#fail(RunnerError.from(thrown, 'SINK_FAILED'));
    }
    this.#set({ kind: 'stalled', error: reason });
    for (const listener of this.#listeners) listener(this.#durable);
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
