/** How far an attempt has come. `total` is 0 while it is unknown. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** Calls to the source that count against its limits. */
  readonly apiCalls: number;
}
