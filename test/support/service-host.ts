import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceHost } from '../../src/service/host.ts';
import type { InstallOptions } from '../../src/service/install.ts';
import type { PurgeOptions } from '../../src/service/uninstall.ts';

export const USER_ID = 54_321;

/**
 * For tests: a machine whose programs only write down that they were called, with real files below
 * a directory.
 */
export class TestHost implements ServiceHost {
  readonly directory: string;
  platform: NodeJS.Platform = 'linux';
  isRoot = true;
  systemdRuns = true;
  readonly calls: string[] = [];
  /** Comments by name. */
  readonly users = new Map<string, string>();
  /** Whether launchd has the service. */
  isLoaded = false;
  /** The beginning of a command line that fails. */
  failing: string | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  get unitFile(): string {
    return join(this.directory, 'units', 'hybrid-runner.service');
  }

  get packagedUnitFile(): string {
    return join(this.directory, 'packaged-units', 'hybrid-runner.service');
  }

  get plistFile(): string {
    return join(this.directory, 'daemons', 'hybrid-runner.plist');
  }

  get state(): string {
    return join(this.directory, 'state');
  }

  get config(): string {
    return join(this.directory, 'config');
  }

  get keys(): string {
    return join(this.config, 'keys');
  }

  readonly run = async (program: string, args: readonly string[]): Promise<string> => {
    const line = `${program} ${args.join(' ')}`;
    const name = args.at(-1)!;
    if (program === 'getent') return this.#entry(args[0]!, name);
    if (args[0] === 'show') return 'loaded\n';
    if (program === 'dscl') return this.#directoryService(args);
    if (args[0] === 'print') return this.#launchd();
    this.calls.push(line);
    if (this.failing !== undefined && line.startsWith(this.failing)) throw new Error('failed');
    if (program === 'useradd') this.users.set(name, args[args.indexOf('--comment') + 1]!);
    if (program === 'userdel') this.users.delete(name);
    if (args[0] === '-addUser') this.users.set(args[1]!, args[args.indexOf('-fullName') + 1]!);
    if (args[0] === '-deleteUser') this.users.delete(name);
    if (args[0] === 'bootstrap') this.isLoaded = true;
    if (args[0] === 'bootout') this.isLoaded = false;
    return '';
  };

  /** What root leaves behind by enrolling, storing a secret and writing a policy. */
  makeFiles(): { state: string; config: string; keys: string; policy: string } {
    const policy = join(this.config, 'policy.yaml');
    for (const path of [join(this.state, 'identity'), this.keys])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const path of [join(this.state, 'identity', 'key.pem'), join(this.keys, 'vault.key')])
      writeFileSync(path, 'k', { mode: 0o600 });
    writeFileSync(policy, 'version: 1', { mode: 0o600 });
    return { state: this.state, config: this.config, keys: this.keys, policy };
  }

  options(
    change: Partial<InstallOptions> = {},
    { policy = join(this.config, 'policy.yaml'), certificate = '/etc/hostname' } = {},
  ): InstallOptions {
    return {
      node: '/usr/bin/env',
      program: '/usr/bin/env',
      args: ['--config', '/etc/hybrid-runner'],
      user: 'hybrid-runner',
      stateDir: this.state,
      drainTimeoutMs: 1000,
      finalExitCodes: [2],
      files: {
        directories: [this.config],
        readable: [policy],
        ownDirectories: [this.keys],
        owned: [join(this.keys, 'vault.key')],
        foreign: [certificate],
      },
      check: () => Promise.resolve(),
      startNow: false,
      ...change,
    };
  }

  purge(): PurgeOptions {
    const { args, user, stateDir, files } = this.options();
    return {
      args,
      user,
      stateDir,
      files: {
        ...files,
        directories: [
          ...files.directories,
          join(this.directory, 'units'),
          join(this.directory, 'daemons'),
        ],
      },
    };
  }

  /** As dscl(1) prints it: a value with spaces is on a line of its own. */
  #directoryService([, command, path = '']: readonly string[]): string {
    const name = path.replace('/Users/', '');
    if (command === '-list') return 'root   0\nsomebody  399\n_www  70\n';
    if (!this.users.has(name)) throw new Error('eDSRecordNotFound');
    return `PrimaryGroupID: ${USER_ID}\nRealName:\n ${this.users.get(name)}\nUniqueID: ${USER_ID}\n`;
  }

  #launchd(): string {
    if (!this.isLoaded) throw new Error('Could not find service "hybrid-runner"');
    return 'system/hybrid-runner = {\n\tactive count = 1\n\tstate = running\n\tpid = 4711\n}\n';
  }

  #entry(database: string, name: string): string {
    if (!this.users.has(name)) throw new Error('2');
    return database === 'group'
      ? ''
      : `${name}:x:${USER_ID}:${USER_ID}:${this.users.get(name)}:/nonexistent:/usr/sbin/nologin\n`;
  }
}
