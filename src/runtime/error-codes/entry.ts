/**
 * Who has to act: `user` (configuration, credentials, input: a person corrects something), `transient` (the same work may
 * succeed later), `permanent` (it cannot, and no setting here changes that), `defect` (a bug: report it).
 */
export type Fault = 'user' | 'transient' | 'permanent' | 'defect';

export interface CodeEntry {
  readonly fault: Fault;
  /** What the code means, in a sentence. */
  readonly meaning: string;
  /** What to do, unless the error itself has a better remedy. */
  readonly remedy: string;
}

export function entry(fault: Fault, meaning: string, remedy: string): CodeEntry {
  return { fault, meaning, remedy };
}
