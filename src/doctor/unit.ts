import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { UNIT, type ServiceHost } from '../service/host.ts';

/** The unit of the service, as systemd has it. */
export type Unit =
  /** No systemd. */
  | { readonly name: 'unsupported' }
  | { readonly name: 'missing' }
  /** systemctl failed. */
  | { readonly name: 'unknown'; readonly error: RunnerError }
  /** It runs with another configuration than the one that is checked. */
  | { readonly name: 'foreign' }
  | {
      readonly name: 'loaded';
      /** `active`, `inactive`, `failed`, `activating`, … */
      readonly active: string;
      readonly isEnabled: boolean;
      readonly user: string;
      readonly environment: UnitEnvironment;
    };

/** Where the variables of the service come from. */
export interface UnitEnvironment {
  /** Names of those that the unit itself sets. */
  readonly names: readonly string[];
  readonly files: readonly { readonly path: string; readonly isOptional: boolean }[];
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'User',
  'ExecStart',
  'Environment',
  'EnvironmentFiles',
];
/** Of settings, and of secrets in the environment. */
const OWN_VARIABLE = /(?:^|[\s"])(?<name>HYBRID_(?:RUNNER|SECRET)_\w+)=/gm;

export async function readUnit(host: ServiceHost, configDir: string): Promise<Unit> {
  if (host.platform !== 'linux' || !host.systemdRuns) return { name: 'unsupported' };
  const args = ['show', UNIT, `--property=${PROPERTIES.join(',')}`];
  let output: string;
  try {
    output = await host.run('systemctl', args);
  } catch (thrown) {
    const message = 'failed to ask systemctl for the unit';
    return {
      name: 'unknown',
      error: new RunnerError('SERVICE_FAILED', message, { cause: thrown }),
    };
  }
  const property = (name: string): string =>
    new RegExp(`^${name}=(?<value>.*)$`, 'm').exec(output)?.groups?.['value'] ?? '';
  if (property('LoadState') !== 'loaded') return { name: 'missing' };
  if (!names(property('ExecStart'), configDir)) return { name: 'foreign' };
  return {
    name: 'loaded',
    active: property('ActiveState'),
    isEnabled: property('UnitFileState').startsWith('enabled'),
    user: property('User'),
    environment: { names: ownVariables(property('Environment')), files: filesOf(output) },
  };
}

/** Names of the variables of this program in a text that sets variables. */
export function ownVariables(text: string): string[] {
  return [...text.matchAll(OWN_VARIABLE)].map(({ groups }) => groups!['name']!);
}

function filesOf(output: string): UnitEnvironment['files'] {
  const lines = output.matchAll(
    /^EnvironmentFiles=(?<path>.+) \(ignore_errors=(?<ignored>yes|no)\)$/gm,
  );
  return [...lines].map(({ groups }) => ({
    path: groups!['path']!,
    isOptional: groups!['ignored'] === 'yes',
  }));
}

/** Whether an argument of a command line is a directory or a file in it. */
function names(commandLine: string, directory: string): boolean {
  return commandLine
    .split(/[\s;=]+/)
    .some((argument) => argument === directory || argument.startsWith(`${directory}/`));
}
