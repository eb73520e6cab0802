export interface StoredRecord {
  /** Increases over all records of the store: a cursor. */
  readonly position: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly sequence: number;
  /** The record as received, without its newline. */
  readonly line: string;
}

export interface NewRecord {
  readonly kind: string;
  readonly line: string;
}

export interface Page {
  /** 0 for the start. */
  readonly after: number;
  readonly limit: number;
}

export interface RecordReads {
  /** Records of one kind over all attempts of a run, after a position. */
  ofKind(runId: string, kind: string, page: Page): Promise<StoredRecord[]>;
  /** Records of one attempt after a sequence, optionally of one kind. */
  ofAttempt(runId: string, epoch: number, page: Page, kind?: string): Promise<StoredRecord[]>;
  /** Those of the kinds, in their order, of which the run has records. */
  kindsAmong(runId: string, kinds: readonly string[]): Promise<string[]>;
  /**
   * SHA-256, in hex, over the attempt's lines up to and including a sequence, each with its
   * newline.
   */
  digest(runId: string, epoch: number, upTo: number): Promise<string>;
}

export interface RecordWrites {
  /** Stores records with sequences from `first`. */
  append(runId: string, epoch: number, first: number, records: readonly NewRecord[]): Promise<void>;
  /** Deletes up to `limit` records of a run and returns their number. Their effects stay. */
  drop(runId: string, limit: number): Promise<number>;
}
