import type { ConnectToRule } from '../network/connect.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { SettingKey, SettingValues } from './schema.ts';
import type { SecretMount } from './values/secret-mounts.ts';

/** The configuration for the program: complete, in milliseconds and bytes, with absolute paths. Plain data. */
export interface RunnerConfig {
  readonly configFile: string;
  readonly configDir: string;
  readonly name: string;
  readonly stateDir: string;
  readonly policyFile: string;
  readonly controlPlane: {
    readonly url: string | undefined;
    readonly caFile: string | undefined;
    readonly channel: 'auto' | 'ws' | 'grpc';
  };
  readonly network: {
    readonly proxy: string | undefined;
    readonly noProxy: readonly string[];
    readonly connectTo: readonly ConnectToRule[];
    readonly caFile: string | undefined;
  };
  readonly capacity: number;
  readonly jobs: { readonly deadlineMs: number; readonly memoryMb: number };
  readonly drainTimeoutMs: number;
  readonly spool: { readonly maxBytes: number };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'json' | 'pretty';
  };
  readonly secrets: {
    readonly vault: { readonly file: string; readonly keyFile: string };
    readonly files: { readonly directory: string | undefined };
    readonly environment: { readonly enabled: boolean };
    readonly mounts: readonly SecretMount[];
  };
  readonly status: { readonly socket: string };
}

export function compile(
  values: SettingValues,
  place: { readonly configFile: string; readonly configDir: string },
): RunnerConfig {
  const need = <K extends SettingKey>(key: K): NonNullable<SettingValues[K]> => {
    const value = values[key];
    if (value === undefined || value === null)
      throw new RunnerError('INTERNAL', `${key} has no default`);
    return value;
  };
  return {
    ...place,
    name: need('name'),
    stateDir: need('stateDir'),
    policyFile: need('policyFile'),
    controlPlane: {
      url: values['controlPlane.url'],
      caFile: values['controlPlane.caFile'],
      channel: need('controlPlane.channel'),
    },
    network: {
      proxy: values['network.proxy'],
      noProxy: need('network.noProxy'),
      connectTo: need('network.connectTo'),
      caFile: values['network.caFile'],
    },
    capacity: need('capacity'),
    jobs: { deadlineMs: need('jobs.deadline'), memoryMb: need('jobs.memoryMb') },
    drainTimeoutMs: need('drainTimeout'),
    spool: { maxBytes: need('spool.maxBytes') },
    log: { level: need('log.level'), format: need('log.format') },
    secrets: {
      vault: { file: need('secrets.vault.file'), keyFile: need('secrets.vault.keyFile') },
      files: { directory: values['secrets.files.directory'] },
      environment: { enabled: need('secrets.environment.enabled') },
      mounts: need('secrets.mounts'),
    },
    status: { socket: need('status.socket') },
  };
}
