import { resolve } from 'node:path';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { ConnectToRule } from '../../foundation/src/network/connect.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { MANAGERS } from '../secrets/managers/registry.ts';
import {
  isManager,
  PROVIDER_NAMES,
  PROVIDERS,
  type SecretMount,
  secretSettingsSchema,
  type SecretSettings,
} from '../secrets/providers/registry.ts';
import type { SealingSettings } from '../sealing/settings.ts';
import { isLocal, type ListenAddress } from '../observability/metrics/listen-address.ts';
import { compileSealing } from './sealing-settings.ts';
import { configInvalid } from './problems.ts';
import { compileSyslog, type SyslogSettings } from './syslog-settings.ts';
import type { SettingKey, SettingValues } from './schema.ts';

/**
 * The configuration of the program: complete, in milliseconds and bytes, with absolute paths. Plain
 * data.
 */
export interface RunnerConfig {
  readonly configFile: string;
  readonly configDir: string;
  readonly name: string;
  readonly stateDir: string;
  readonly policyFile: string;
  readonly controlPlane: {
    readonly url: string | undefined;
    readonly caFile: string | undefined;
    readonly channel: 'auto' | NetworkChannel;
  };
  readonly network: {
    readonly proxy: string | undefined;
    readonly noProxy: readonly string[];
    readonly connectTo: readonly ConnectToRule[];
    readonly caFile: string | undefined;
  };
  readonly identity: { readonly keyLifetimeMs: number };
  readonly capacity: number;
  readonly jobs: { readonly deadlineMs: number; readonly memoryMb: number };
  readonly drainTimeoutMs: number;
  readonly spool: { readonly maxBytes: number };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'json' | 'pretty';
  };
  readonly secrets: SecretSettings;
  readonly sealing: SealingSettings;
  readonly status: { readonly socket: string };
  readonly metrics: { readonly listen: ListenAddress | undefined };
  readonly telemetry: {
    readonly otlp: {
      readonly endpoint: string | undefined;
      readonly headersFile: string | undefined;
    };
  };
  readonly audit: { readonly syslog: SyslogSettings | undefined };
  readonly upgrade: { readonly check: string | undefined };
}

export function compile(
  values: SettingValues,
  place: { readonly configFile: string; readonly configDir: string },
): RunnerConfig {
  const need = <K extends SettingKey>(key: K): NonNullable<SettingValues[K]> =>
    needed(key, values[key]);
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
    identity: { keyLifetimeMs: need('identity.keyLifetime') },
    capacity: need('capacity'),
    jobs: { deadlineMs: need('jobs.deadline'), memoryMb: need('jobs.memoryMb') },
    drainTimeoutMs: need('drainTimeout'),
    spool: { maxBytes: need('spool.maxBytes') },
    log: { level: need('log.level'), format: need('log.format') },
    secrets: compileSecrets(values, place.configDir),
    sealing: compileSealing(values),
    status: { socket: need('status.socket') },
    metrics: compileMetrics(values['metrics.listen'], need('metrics.allowRemote')),
    telemetry: {
      otlp: compileOtlp(values['telemetry.otlp.endpoint'], values['telemetry.otlp.headersFile']),
    },
    audit: { syslog: compileSyslog(values) },
    upgrade: { check: values['upgrade.check'] },
  };
}

function needed<T>(key: SettingKey, value: T): NonNullable<T> {
  if (value === undefined || value === null)
    throw new RunnerError('INTERNAL', `${key} has no default`);
  return value;
}

function compileMetrics(
  listen: ListenAddress | undefined,
  allowRemote: boolean,
): RunnerConfig['metrics'] {
  if (listen === undefined || allowRemote || isLocal(listen)) return { listen };
  throw configInvalid([
    {
      path: 'metrics.listen',
      problem: 'other machines can reach this address',
      remedy: 'use 127.0.0.1, or set metrics.allowRemote if the network keeps others out',
    },
  ]);
}

/** Headers can be credentials, so they travel only encrypted or within the machine. */
function compileOtlp(
  endpoint: string | undefined,
  headersFile: string | undefined,
): RunnerConfig['telemetry']['otlp'] {
  const { protocol, hostname } = new URL(endpoint ?? 'https://unset');
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (headersFile === undefined || protocol === 'https:' || local) return { endpoint, headersFile };
  throw configInvalid([
    {
      path: 'telemetry.otlp.headersFile',
      problem: 'headers would be sent unencrypted',
      remedy: 'use https in telemetry.otlp.endpoint, or remove the headers file',
    },
  ]);
}

/**
 * The settings that the providers declare, in their own form. Throws CONFIG_INVALID for one that is
 * required and not set.
 */
function compileSecrets(values: SettingValues, configDir: string): SecretSettings {
  const byKey: Readonly<Record<string, unknown>> = values;
  const providers = PROVIDER_NAMES.map((name) => {
    const keys = Object.keys(PROVIDERS[name].settings);
    const own = keys.map((key) => [key, byKey[`secrets.${name}.${key}`]] as const);
    return [name, Object.fromEntries(own)] as const;
  });
  const result = secretSettingsSchema.safeParse({
    ...Object.fromEntries(providers),
    mounts: values['secrets.mounts']?.map((mount) => withWholePaths(mount, configDir)),
  });
  if (result.success) return result.data;
  throw configInvalid(
    result.error.issues.map(({ path, message }) => ({
      path: ['secrets', ...path].join('.'),
      problem: message,
      remedy: '',
    })),
  );
}

/** Options of secret managers are only in the configuration file. */
function withWholePaths(mount: SecretMount, configDir: string): SecretMount {
  if (!isManager(mount.provider)) return mount;
  const options = MANAGERS[mount.provider].options();
  const paths = Object.entries(mount).filter(([name]) => options[name]?.isPath === true);
  return {
    ...mount,
    ...Object.fromEntries(paths.map(([name, path]) => [name, resolve(configDir, String(path))])),
  };
}
