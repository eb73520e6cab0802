import type { SettingKey } from '../config/schema.ts';
import type { Command } from './invocation.ts';

export interface OptionDefinition {
  /** As in `--token-file <file>`. */
  readonly flags: string;
  readonly text: string;
  readonly default?: string;
  /** All values that it accepts, if they are few. */
  readonly choices?: readonly string[];
  readonly hidden?: true;
  /** Shown in the usage of the command, which throws USAGE without it. */
  readonly required?: true;
}

export interface CommandDefinition {
  readonly name: string;
  readonly text: string;
  readonly options?: readonly OptionDefinition[];
  readonly argument?: { readonly name: string; readonly text: string };
  /** Accepts more arguments than declared, so that the command itself can reject them. */
  readonly allowsExcessArguments?: true;
  /**
   * Settings that its help shows; every setting is accepted as a flag. Absent: the command reads no
   * configuration.
   */
  readonly settings?: readonly SettingKey[];
  /** Loads the code of the command, when it runs. */
  readonly load: () => Promise<Command>;
}

export interface CommandGroup {
  readonly name: string;
  readonly text: string;
  /** What the name of the group does alone; absent: it needs one of its commands. */
  readonly ownCommand?: CommandDefinition;
  readonly commands: readonly CommandDefinition[];
}
