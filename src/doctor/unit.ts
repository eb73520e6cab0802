import { UNIT, type ServiceHost } from '../service/host.ts';

/** The unit of the service, as systemd has it. */
export type Unit =
  /** No systemd. */
  | { readonly name: 'unsupported' }
  | { readonly name: 'missing' }
  /** It runs with another configuration than the one that is checked. */
  | { readonly name: 'foreign' }
  | {
      readonly name: 'loaded';
      /** `active`, `inactive`, `failed`, `activating`, … */
      readonly active: string;
      readonly isEnabled: boolean;
      readonly user: string;
    };

const PROPERTIES = ['LoadState', 'ActiveState', 'UnitFileState', 'User', 'ExecStart'];

export async function readUnit(host: ServiceHost, configDir: string): Promise<Unit> {
  if (host.platform !== 'linux' || !host.systemdRuns) return { name: 'unsupported' };
  const args = ['show', UNIT, `--property=${PROPERTIES.join(',')}`];
  const output = await host.run('systemctl', args).catch(() => '');
  const property = (name: string): string =>
    new RegExp(`^${name}=(?<value>.*)$`, 'm').exec(output)?.groups?.['value'] ?? '';
  if (property('LoadState') !== 'loaded') return { name: 'missing' };
  if (!property('ExecStart').includes(configDir)) return { name: 'foreign' };
  return {
    name: 'loaded',
    active: property('ActiveState'),
    isEnabled: property('UnitFileState').startsWith('enabled'),
    user: property('User'),
  };
}
