import { arch, cpus, freemem, release, totalmem, uptime, version as systemVersion } from 'node:os';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { settingRows } from '../../config/setting-rows.ts';
import { readStatus } from '../../observability/status-socket.ts';
import { openPolicy } from '../../policy/open-policy.ts';
import { lastExitFile } from '../../service/last-exit.ts';
import { makeDoctorReport } from '../doctor-report.ts';
import type { Invocation } from '../invocation.ts';
import { policySource } from '../policy-source.ts';
import { recentAttempts } from '../recent-attempts.ts';
import { version } from '../version.ts';

const MAX_RUNS = 50;

/** One file of the bundle. */
export interface Part {
  readonly name: string;
  readonly contents: string;
  /** Whether it is text of unknown origin, which leaves only if all secrets are known. */
  readonly isLog?: true;
  readonly collect: (source: BundleSource) => Promise<unknown>;
}

export interface BundleSource {
  readonly invocation: Invocation;
  /** Throws the error of the configuration. */
  readonly settings: () => LoadedConfig;
  /** Of the service manager; read while the command still had the rights of its user. */
  readonly journal: string;
}

export const PARTS: readonly Part[] = [
  {
    name: 'versions.json',
    contents: 'versions of the program, Node.js and the system',
    collect: async () => versions(),
  },
  {
    name: 'configuration.json',
    contents: 'every setting with its source; secrets are hidden, references are shown',
    collect: async ({ settings }) => {
      const loaded = settings();
      return { configFile: loaded.config.configFile, settings: settingRows(loaded) };
    },
  },
  {
    name: 'environment.json',
    contents: 'names of environment variables, without their values',
    collect: async ({ invocation }) => Object.keys(invocation.env).toSorted(),
  },
  {
    name: 'policy.json',
    contents: 'the local policy: rules with references and hosts',
    collect: async ({ settings }) => {
      const policy = await openPolicy(policySource(settings().config));
      return { present: policy.present, rules: policy.toDocument() };
    },
  },
  {
    name: 'status.json',
    contents: 'the status of the running runner, or why the last one ended',
    collect: async ({ settings, invocation }) => {
      const { status, stateDir } = settings().config;
      return readStatus(status.socket, invocation.interrupts.signal).catch(
        async (thrown: unknown) => ({
          ...failure(thrown),
          lastExit: (await lastExitFile(stateDir).read()) ?? null,
        }),
      );
    },
  },
  {
    name: 'doctor.json',
    contents: 'the result of `hybrid-runner doctor --json`',
    collect: ({ invocation }) =>
      makeDoctorReport({ ...invocation, flags: withoutOutput(invocation.flags) }),
  },
  {
    name: 'runs.json',
    contents: `the last ${MAX_RUNS} attempts with the ends of their logs`,
    isLog: true,
    collect: async ({ settings }) => {
      const attempts = await recentAttempts(settings().config.stateDir);
      return attempts.slice(0, MAX_RUNS);
    },
  },
  {
    name: 'journal.log',
    contents: 'the last lines of the service in the system journal',
    isLog: true,
    collect: async ({ journal }) => journal,
  },
];

/** What stands for a part that could not be collected. */
export function failure(thrown: unknown): { readonly error: unknown } {
  return { error: RunnerError.from(thrown).toFailure() };
}

function versions(): object {
  return {
    version: version(),
    node: process.versions,
    platform: process.platform,
    architecture: arch(),
    kernel: release(),
    system: systemVersion(),
    processors: cpus().length,
    memory: { total: totalmem(), free: freemem() },
    uptimeSeconds: Math.round(uptime()),
  };
}

function withoutOutput(flags: Invocation['flags']): Invocation['flags'] {
  return new Map([...flags].filter(([name]) => name !== 'output'));
}
