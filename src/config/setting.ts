import type { z } from 'zod';
import type { ProcessContext } from './process-context.ts';

/**
 * What a default can depend on: the context of the process, and the directories that were found
 * before.
 */
export interface DefaultContext extends ProcessContext {
  /** The directory of the configuration file, whether the file exists or not. */
  readonly configDir: string;
  readonly stateDir: string;
}

/**
 * One setting. Its key is its path in the YAML file; its environment variable follows from the key.
 */
export interface Setting<T> {
  /** The form of a value, for docs/configuration.md. */
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  readonly flag: string;
  readonly description: string;
  /**
   * As written in a file, or a function with `description` for the documents. Absent: the setting
   * stays unset.
   */
  readonly default?:
    | string
    | number
    | boolean
    | { readonly description: string; readonly resolve: (context: DefaultContext) => unknown };
  /**
   * Variables that other programs use as well, in order of precedence. The runner's own variable
   * and the file take precedence.
   */
  readonly sharedVariables?: {
    readonly variables: readonly string[];
    readonly read?: (value: string) => string;
  };
  /** Saved at enrollment for later starts, which may have other flags and variables. */
  readonly savedAtEnrollment?: boolean;
  /**
   * Relative paths start from the file's directory, or from the working directory for flags and
   * environment.
   */
  readonly isPath?: boolean;
  /** The form of the value that may be displayed. */
  readonly show?: (value: T) => unknown;
  /** Whether the value contains a secret; such a value is rejected on the command line. */
  readonly secret?: (value: string) => boolean;
}

/** Infers the type of a setting's value. */
export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}
