/** Where an attempt stands. `total` is 0 while unknown. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** Salesforce API calls charged so far. */
  readonly apiCalls: number;
}
