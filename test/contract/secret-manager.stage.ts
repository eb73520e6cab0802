import { expect } from 'vitest';
import type { ManagerType } from '../../src/secrets/managers/registry.ts';
import type { MountedManager } from '../../src/secrets/managers/mounted-manager.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { SecretPath } from '../../src/secrets/reference.ts';
import type { WatchedCredentials } from '../support/watched-credentials.ts';

/**
 * What the server of a manager does from now on. `denied`: rejects this one secret. `throttled`:
 * asks for fewer requests. `slow`: accepts and never answers. `cut`: closes the connection within
 * the answer. `sealed`: in maintenance. `garbled`: answers something else. `rejected`: rejects the
 * credentials of the runner, also in tokens that it gave.
 */
export type ManagerFault =
  | 'denied'
  | 'throttled'
  | 'slow'
  | 'cut'
  | 'sealed'
  | 'garbled'
  | 'rejected';

export interface MountedElsewhere {
  readonly type: ManagerType;
  /** As the configuration has them, without the prefix. */
  readonly options: object;
  readonly env?: Readonly<Record<string, string>>;
  /** What takes the place of every server of the mount; absent for a program. */
  readonly server?: { readonly port: number; readonly caPem: string };
}

/** A server, or what takes its place, and a mount that leads to it. */
export interface ManagerUnderTest {
  readonly manager: MountedManager;
  /** Below the mount. Those of a kind with keys have the same secret and another key. */
  readonly path: SecretPath;
  /** Of another secret. */
  readonly other: SecretPath;
  /** The same secret with a key that it does not have; absent for mounts without keys. */
  readonly missingKey?: SecretPath;
  /** Paths that could mean the secret at `path`, or no secret at all: they are rejected. */
  readonly refused: readonly SecretPath[];
  /** Stores a value at `path` or `other`; undefined removes the secret. */
  readonly put: (path: SecretPath, value: string | Uint8Array | undefined) => Promise<void>;
  /** Undefined ends the fault. */
  readonly fail: (fault: ManagerFault | undefined) => void;
  /** From now on, a sign-in and a renewal get no answer. Absent for real servers. */
  readonly stallSignIns?: () => void;
  /** Requests for secrets that the server has received, those of sign-ins left out. */
  readonly requests: () => number;
  /** For another process that has the same mount. Absent for real servers. */
  readonly mounted?: MountedElsewhere;
  /** Credentials and tokens of the runner, all of them: no error may contain one. */
  readonly watched: WatchedCredentials;
  /** For kinds whose sign-in returns a token with a limited life. */
  readonly tokens?: {
    readonly lifeMs: number;
    /** How often the runner has signed in and how often it has renewed a token. */
    readonly counts: () => { readonly signIns: number; readonly renewals: number };
    /** Whether tokens are renewed, or replaced by another sign-in. */
    readonly renews: boolean;
  };
}

export interface ManagerStage {
  /** Options of the mount that each test opens. */
  readonly open: (more: {
    readonly clock: Clock;
    /** In the form of the option `cacheFor`. */
    readonly cacheFor: string;
  }) => Promise<ManagerUnderTest>;
  /** Faults that this kind cannot have, with the reason. */
  readonly impossible?: Partial<Record<ManagerFault | 'binary', string>>;
}

export const never = new AbortController().signal;
export const VALUE = 'correct horse battery staple';

export async function reveal(
  { manager }: ManagerUnderTest,
  path: SecretPath,
): Promise<string | undefined> {
  return (await manager.read(path, never))?.reveal();
}

/** The error of a read, which must contain neither value nor credential. */
export async function errorOf(
  { manager, watched }: ManagerUnderTest,
  path: SecretPath,
): Promise<unknown> {
  const error = await manager.read(path, never).then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  for (let each = error; each instanceof Error; each = each.cause)
    for (const hidden of [VALUE, ...watched.credentials])
      expect(`${each.message}\n${each.stack}\n${JSON.stringify(each)}`).not.toContain(hidden);
  return error;
}
