/** When a pipeline runs by itself. Times are Unix milliseconds. */
export interface ScheduleSettings {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Five cron fields or a preset such as @daily; null for a pipeline that only users start. */
  readonly expression: string | null;
  /** IANA name of the time zone of the expression. */
  readonly timezone: string;
  /** No slot before; null for none. */
  readonly startAt: number | null;
  /** No slot after; null for none. */
  readonly endAt: number | null;
  readonly paused: boolean;
  /** How often a failed run of a slot is repeated. */
  readonly retries: number;
  /** The time between the end of a failed run and its repetition. */
  readonly retryDelayMs: number;
}

export interface Schedule extends ScheduleSettings {
  /** When it got its present times. */
  readonly since: number;
  /** Slots up to this time are settled: started, or passed over for a later one. */
  readonly settledUntil: number;
}

export interface ScheduleReads {
  list(): Promise<Schedule[]>;
  get(pipeline: string): Promise<Schedule | undefined>;
}

export interface ScheduleWrites {
  save(schedule: Schedule): Promise<void>;
  /** Does nothing without a schedule. */
  delete(pipeline: string): Promise<void>;
}
