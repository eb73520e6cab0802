/** Replaces text in a source file. The text must occur exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A fault that tests must detect. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Test files, each of which detects the fault. */
  readonly tests: readonly string[];
}
