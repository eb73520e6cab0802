declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Assigned by the control plane at enrollment; never changes. */
export type RunnerId = Branded<'RunnerId'>;
/**
 * Assigned by the control plane: one execution of a pipeline or one connection test, over all its
 * attempts.
 */
export type RunId = Branded<'RunId'>;

/**
 * Position of a record in its attempt's stream: 1, 2, 3, ... without gaps. 0 is the position before
 * the first.
 */
export type Sequence = number;

/**
 * One try at one run. `epoch` is the fencing token: it grows with every assignment of the run, and
 * the control plane rejects writes that carry an older one.
 */
export interface AttemptRef {
  readonly runId: RunId;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly epoch: number;
}

/**
 * Unique for the attempt within this runner. Safe as a file name, because run ids are checked on
 * receipt.
 */
export function attemptKey(ref: AttemptRef): string {
  return `${ref.runId}.${ref.attempt}.${ref.epoch}`;
}

/** Whether a file name is an attempt key. */
export function isAttemptKey(name: string): boolean {
  const [runId = '', attempt = '', epoch = '', ...more] = name.split('.');
  return (
    isRunId(runId) &&
    /^[1-9][0-9]{0,15}$/.test(attempt) &&
    /^[0-9]{1,16}$/.test(epoch) &&
    more.length === 0
  );
}

export function sameAttempt(a: AttemptRef, b: AttemptRef): boolean {
  return a.runId === b.runId && a.attempt === b.attempt && a.epoch === b.epoch;
}

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Run ids become directory names, so only letters, digits, `_` and `-` are allowed. */
export function isRunId(text: string): text is RunId {
  return RUN_ID.test(text);
}
