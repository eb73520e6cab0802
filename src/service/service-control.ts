import type { UnitOptions } from './systemd.ts';

/** What an installed description says of the service. */
export interface InstalledService {
  /** As `formatArgs` writes them. */
  readonly args: string;
  readonly user: string | undefined;
}

/**
 * The service manager of a machine, which runs a service by its description. What is checked
 * before, and who owns which file, is the same for all: see `installService`.
 */
export interface ServiceControl {
  /** Where the description of the service is stored. */
  readonly file: string;
  /** Directories that a service cannot see. */
  readonly hidden: readonly string[];
  /** Throws SERVICE_UNSUPPORTED. */
  assertUsable(): void;
  /** Throws INPUT_INVALID. */
  describe(options: UnitOptions): string;
  /** The arguments of `run` in a description with these settings. */
  formatArgs(options: Pick<UnitOptions, 'args' | 'stateDir'>): string;
  /** The service as this program has described it; undefined if it has not. */
  installed(): Promise<InstalledService | undefined>;
  /**
   * Stores the description, so that the service starts with the machine. With `startNow` it is
   * started, also again. Throws SERVICE_FAILED.
   */
  register(description: string, user: string, startNow: boolean): Promise<void>;
  /**
   * Stops the service and removes its description; with `purge` also changes that others have made
   * to it. Throws SERVICE_FAILED.
   */
  unregister(purge: boolean): Promise<void>;
}
