import { statfs } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { SYSTEM_PLACES } from '../config/places.ts';
import type { Connector } from '../connectors/connector.ts';
import type { Failure } from '../../foundation/src/domain/failure.ts';
import type { StepRecord } from '../../foundation/src/domain/record.ts';
import type { Resolve } from '../../foundation/src/network/dial.ts';
import { systemResolve } from '../../foundation/src/network/open.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemRandom, type Random } from '../../foundation/src/runtime/random.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { Sealing } from '../sealing/seal.ts';
import { systemHost, type ServiceHost } from '../service/host.ts';
import type { CheckName } from './check.ts';
import type { CheckResult } from './run-checks.ts';

/** The file system of a directory. */
export interface Volume {
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** 0 where the file system has no fixed number of inodes. */
  readonly inodes: number;
  /** The number that statfs(2) gives a kind of file system. */
  readonly type: number;
}

/** Everything of the machine that the checks look at, so that tests can break it. */
export interface Machine {
  readonly nodeVersion: string;
  /** Undefined on Windows. */
  readonly user: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly volumeOf: (path: string) => Promise<Volume>;
  readonly resolve: Resolve;
  readonly host: ServiceHost;
  /** The configuration directory of the runner that is this machine's, not a user's. */
  readonly systemConfigDir: string;
  /** Says which memory of this process a core dump contains: core(5). */
  readonly coreDumpFilter: string;
}

export function thisMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
    user: process.getuid?.(),
    clock: systemClock,
    random: systemRandom,
    disk: nodeDisk,
    volumeOf: async (path) => {
      const { bavail, bsize, ffree, files, type } = await statfs(path);
      return { freeBytes: bavail * bsize, freeInodes: ffree, inodes: files, type };
    },
    resolve: systemResolve,
    host: systemHost(),
    systemConfigDir: SYSTEM_PLACES.configDir,
    coreDumpFilter: '/proc/self/coredump_filter',
  };
}

/** What a connection test found; `error` ended it. */
export interface ConnectionTest {
  readonly steps: readonly StepRecord[];
  readonly error: Failure | undefined;
}

export interface DoctorOptions {
  readonly machine: Machine;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Version of this program. */
  readonly version: string;
  readonly platform: string;
  /** Throws the errors of the configuration and of its files. */
  readonly settings: () => Promise<LoadedConfig>;
  /** What seals the private keys; known once `settings` has resolved. */
  readonly sealing: () => Sealing | undefined;
  /** Called before a secret is read, with its reference; if it rejects, the secret is not read. */
  readonly recordRead: (reference: string) => Promise<void>;
  /** Path of the worker's program. Throws if it is missing. */
  readonly workerEntry: () => string;
  readonly connectors: () => Promise<readonly Pick<Connector, 'type' | 'secretFields'>[]>;
  /** Signs in to the source of a workflow; undefined if it was not requested. */
  readonly testConnection: ((signal: AbortSignal) => Promise<ConnectionTest>) | undefined;
  /** Removes from the report what it knows; the checks add to it. */
  readonly redactor: Redactor;
  /** Longest time to wait for a server, in milliseconds. */
  readonly timeoutMs: number;
  /** Only these checks and those that they need; all if empty. */
  readonly only: readonly CheckName[];
  readonly onResult: (result: CheckResult) => void;
}
