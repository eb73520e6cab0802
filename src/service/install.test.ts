import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installService, uninstallService, type InstallOptions, type ServiceHost } from './install.ts';

const USER_ID = 54_321;
let directory: string;
let calls: string[];
let users: Set<string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'install-'));
  calls = [];
  users = new Set();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function host(change: Partial<ServiceHost> = {}): ServiceHost {
  const run = async (program: string, args: readonly string[]): Promise<string> => {
    if (program !== 'getent') calls.push(`${program} ${args.join(' ')}`);
    if (program === 'useradd') users.add(args.at(-1)!);
    if (program === 'getent') return users.has(args[1]!) ? `${args[1]}:x:${USER_ID}:${USER_ID}::/nonexistent:/usr/sbin/nologin\n` : Promise.reject(new Error('2'));
    return '';
  };
  return { platform: 'linux', isRoot: true, unitFile: join(directory, 'hybrid-runner.service'), run, ...change };
}

function options(change: Partial<InstallOptions> = {}): InstallOptions {
  return {
    node: '/usr/bin/node', program: '/opt/bin/hybrid-runner.js', configFile: undefined, user: 'hybrid-runner', stateDir: join(directory, 'state'),
    drainTimeoutMs: 1000, finalExitCodes: [2], readable: [], owned: [], startNow: false, ...change,
  };
}

describe.runIf(process.getuid?.() === 0)('service install', () => {
  it('makes the user once, writes the unit for all to read, enables it', async () => {
    await installService(options(), host());
    await installService(options(), host());
    expect(calls.filter((call) => call.startsWith('useradd'))).toHaveLength(1);
    expect(calls).toContain('systemctl enable hybrid-runner.service');
    expect(calls).not.toContain('systemctl restart hybrid-runner.service');
    expect(readFileSync(host().unitFile, 'utf8')).toContain('ExecStart=/usr/bin/node /opt/bin/hybrid-runner.js run');
    expect(statSync(host().unitFile).mode & 0o777).toBe(0o644);
  });

  it('starts it only when told to', async () => {
    await installService(options({ startNow: true }), host());
    expect(calls.at(-1)).toBe('systemctl restart hybrid-runner.service');
  });

  it('gives the service its state, and leaves configuration with root', async () => {
    const [state, config] = [join(directory, 'state'), join(directory, 'runner.yaml')];
    mkdirSync(join(state, 'identity'), { recursive: true });
    writeFileSync(join(state, 'identity', 'key.pem'), 'k', { mode: 0o600 });
    writeFileSync(config, 'name: x', { mode: 0o600 });
    await installService(options({ readable: [config, join(directory, 'missing')] }), host());
    expect(statSync(join(state, 'identity', 'key.pem'))).toMatchObject({ uid: USER_ID, gid: USER_ID });
    expect(statSync(config)).toMatchObject({ uid: 0, gid: USER_ID });
    expect(statSync(config).mode & 0o777).toBe(0o640);
  });

  it('knows everything that a runner at work leaves in its state', async () => {
    const state = join(directory, 'state');
    for (const name of ['identity', 'spool', 'connectors']) mkdirSync(join(state, name), { recursive: true });
    for (const name of ['settings.json', 'vault.json', 'vault.json.previous', 'status.sock', 'lock.1', '.write-check']) writeFileSync(join(state, name), '');
    await installService(options(), host());
    expect(statSync(join(state, 'connectors'))).toMatchObject({ uid: USER_ID });
  });

  it('gives away nothing behind a symbolic link', async () => {
    const [state, secret] = [join(directory, 'state'), join(directory, 'shadow')];
    mkdirSync(state);
    writeFileSync(secret, 'x');
    symlinkSync(secret, join(state, 'vault.json'));
    await installService(options({ readable: [join(state, 'vault.json')] }), host());
    expect(statSync(secret)).toMatchObject({ uid: 0, gid: 0 });
  });

  it('is undone without touching the state', async () => {
    await installService(options(), host());
    await uninstallService(host());
    expect(calls).toContain('systemctl disable --now hybrid-runner.service');
    expect(existsSync(host().unitFile)).toBe(false);
    expect(existsSync(join(directory, 'state'))).toBe(true);
  });
});

describe('service install refuses', () => {
  it.each([['another platform', { platform: 'darwin' as const }, 'SERVICE_UNSUPPORTED'], ['anyone but root', { isRoot: false }, 'SERVICE_FAILED']])('%s', async (_who, change, code) => {
    await expect(installService(options(), host(change))).rejects.toMatchObject({ code });
    expect(existsSync(host().unitFile)).toBe(false);
  });

  it('a state directory with files of others in it, before anything is done', async () => {
    mkdirSync(join(directory, 'state', 'postgresql'), { recursive: true });
    await expect(installService(options(), host())).rejects.toMatchObject({ code: 'SERVICE_FAILED' });
    expect(calls).toEqual([]);
  });

  it('a user name with more in it, before anything is done', async () => {
    await expect(installService(options({ user: 'a\nUser=root' }), host())).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(calls).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('to hide that a step failed', async () => {
    const failing = host({ run: (program) => (program === 'getent' ? Promise.resolve('x:x:1:1::/:/\n') : Promise.reject(new Error('no systemd here'))) });
    await expect(installService(options(), failing)).rejects.toMatchObject({ code: 'SERVICE_FAILED', cause: { message: 'no systemd here' } });
  });
});
