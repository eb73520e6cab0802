/**
 * `user` (configuration, credentials or input have to be corrected), `transient` (the same work may
 * succeed later), `permanent` (it cannot, and no setting here changes that), `defect` (a bug:
 * report it).
 */
export type Fault = 'user' | 'transient' | 'permanent' | 'defect';

export interface CodeEntry {
  readonly fault: Fault;
  /** What the code means, in a sentence. */
  readonly meaning: string;
  /** What to do, unless the error itself has a better remedy. */
  readonly remedy: string;
  /**
   * Whether the server or the local policy rejected the operation; commands have an exit code for
   * this.
   */
  readonly isRefusal?: boolean;
}

export type CodeTable = Readonly<Record<string, CodeEntry>>;

export function entry(fault: Fault, meaning: string, remedy: string): CodeEntry {
  return { fault, meaning, remedy };
}

/** Correct input, rejected: a person has to ask for a permission. */
export function refusal(fault: Fault, meaning: string, remedy: string): CodeEntry {
  return { fault, meaning, remedy, isRefusal: true };
}
