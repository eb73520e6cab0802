import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place, program } from './command-line.ts';

let place: Place;
beforeEach(() => (place = new Place()));
afterEach(() => place.close());

const reference = 'secret:/salesforce/prod/password';

describe('version and help', () => {
  it('print the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(program, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(await place.callBare(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
    expect(JSON.parse((await place.callBare(['version', '--json'])).stdout)).toMatchObject({
      version,
    });
  });

  it.each([['--help'], ['secrets --help'], ['run --help']])(
    '%s is shown on standard output',
    async (args) => {
      const { code, stdout } = await place.callBare(args.split(' '));
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: hybrid-runner');
    },
  );
});

describe('secrets', () => {
  it('are read from standard input without the last line break, and are stored nowhere in plain text', async () => {
    expect(
      await place.call(['secrets', 'set', reference], { input: 'hunter2222\n' }),
    ).toMatchObject({ code: 0 });
    const { stdout } = await place.call(['secrets', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ secrets: [{ reference, version: 1 }] });
    expect(place.contents()).not.toContain('hunter2222');
    expect(statSync(join(place.stateDir, 'vault.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.directory, 'keys', 'vault.key')).mode & 0o777).toBe(0o600);
  });

  it('lose the byte order mark that PowerShell prepends', async () => {
    expect(
      await place.call(['secrets', 'set', reference], { input: '\ufeffPass1\r\n' }),
    ).toMatchObject({ code: 3 });
    expect(
      await place.call(['secrets', 'set', reference], { input: '\ufeffPass12\r\n' }),
    ).toMatchObject({ code: 0 });
  });

  it('get a new version with each value, stay readable after a key change, and can be removed', async () => {
    await place.call(['secrets', 'set', reference], { input: 'hunter2222' });
    expect(
      JSON.parse(
        (await place.call(['secrets', 'set', reference, '--json'], { input: 'hunter3333' })).stdout,
      ),
    ).toMatchObject({ version: 2 });
    expect(await place.call(['secrets', 'rotate'])).toMatchObject({ code: 0 });
    expect(await place.call(['secrets', 'rm', reference])).toMatchObject({ code: 0 });
    expect((await place.call(['secrets', 'list'])).stdout).toBe('The vault is empty.\n');
    expect((await place.call(['secrets', 'rm', reference])).code).toBe(3);
  });

  it.each([
    ['a value that is too short', 'abc'],
    ['no value', ''],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9])],
  ])('reject %s', async (_what, input) => {
    const { code, stderr } = await place.call(['secrets', 'set', reference], { input });
    expect(code).toBe(3);
    expect(stderr).toContain('error INPUT_INVALID:');
    expect(existsSync(join(place.stateDir, 'vault.json'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'belong to the owner of the state directory when set by root',
    async () => {
      const other = 65_534;
      chmodSync(place.directory, 0o755);
      chmodSync(place.config, 0o644);
      for (const path of [place.folder('state'), place.folder('keys')])
        chownSync(path, other, other);
      expect(
        await place.call(['secrets', 'set', reference], { input: 'hunter2222' }),
      ).toMatchObject({ code: 0 });
      expect(statSync(join(place.stateDir, 'vault.json'))).toMatchObject({
        uid: other,
        gid: other,
      });
      expect(statSync(join(place.directory, 'keys', 'vault.key'))).toMatchObject({
        uid: other,
        gid: other,
      });
    },
  );

  const script = spawnSync('script', ['--version'], { encoding: 'utf8' });

  it.runIf(script.status === 0 && script.stdout.includes('util-linux'))(
    'are asked for twice on a terminal, without echo',
    async () => {
      const command = `${process.execPath} ${program} secrets set ${reference} --config ${place.config}`;
      const terminal = spawn('script', ['-qec', command, '/dev/null']);
      let shown = '';
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
      const prompt = async (text: string): Promise<void> => {
        while (!shown.includes(text)) await once(terminal.stdout, 'data');
      };
      await prompt('Value of secret:/salesforce/prod/password:');
      terminal.stdin.write('hunterX\u007f2222\r');
      await prompt('Repeat the value:');
      terminal.stdin.write('hunter2222\r');
      await once(terminal, 'close');
      expect(shown).toContain('version 1');
      expect(shown).not.toContain('2222');
    },
  );
});

describe('config show', () => {
  it.runIf(process.platform === 'linux')('fails when its result finds no room', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `${process.execPath} ${program} config show --config ${place.config} > /dev/full`],
      { encoding: 'utf8' },
    );
    expect(stderr).toContain('error DISK_FULL');
    expect(status).toBe(75);
  });

  it('shows each value with its source, and hides the password of a proxy', async () => {
    const env = {
      HYBRID_RUNNER_NETWORK_PROXY: 'http://user:hunter2222@proxy:3128',
      HYBRID_RUNNER_CAPACITY: '3',
    };
    const { stdout } = await place.call(['config', 'show', '--capacity', '4', '--json'], { env });
    const { settings } = JSON.parse(stdout) as {
      settings: { key: string; value: unknown; source: { kind: string } }[];
    };
    const byKey = Object.fromEntries(
      settings.map(({ key, value, source }) => [key, [value, source.kind]]),
    );
    expect(byKey).toMatchObject({
      capacity: [4, 'flag'],
      name: ['test', 'file'],
      drainTimeout: ['5m', 'default'],
      'spool.maxBytes': ['1GiB', 'default'],
      'network.proxy': ['http://hidden:hidden@proxy:3128', 'environment'],
    });
    expect((await place.call(['config', 'show'], { env })).stdout).not.toContain('hunter2222');
  });
});

describe('policy', () => {
  it('permits nothing without a file, and the command reports it', async () => {
    const { code, stderr } = await place.call(['policy', 'show']);
    expect(code).toBe(0);
    expect(stderr).toContain('nothing is permitted');
  });

  it('is shown as parsed', async () => {
    place.file(
      'policy.yaml',
      'version: 1\nsecrets: [{ref: /a/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]\n',
    );
    expect(await place.call(['policy', 'check'])).toMatchObject({ code: 0 });
    expect((await place.call(['policy', 'show'])).stdout).toContain('acme.my.salesforce.com');
  });

  it('is rejected if jobs may name files in the directory of secrets', async () => {
    const [tls, secrets] = [
      join(place.directory, 'shared', 'tls'),
      join(place.directory, 'shared'),
    ];
    place.file('policy.yaml', JSON.stringify({ version: 1, files: { directory: tls } }));
    expect(await place.call(['policy', 'check'])).toMatchObject({ code: 0 });
    expect(
      await place.call(['policy', 'check', '--secret-files', join(place.directory, 'secrets')]),
    ).toMatchObject({ code: 0 });
    const { code, stderr } = await place.call(['policy', 'check', '--secret-files', secrets]);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /POLICY_INVALID[\s\S]*files\.directory: .*tls overlaps secrets\.files\.directory/,
      ),
    ]);
  });
});

describe('service', () => {
  it('prints a unit that runs this program with this configuration', async () => {
    const { stdout } = await place.call(['service', 'print']);
    expect(stdout).toContain(
      `ExecStart=${process.execPath} ${program} run --config ${place.config}`,
    );
    expect(stdout).toContain(`ReadWritePaths=${place.stateDir}`);
    expect(stdout).toContain('RestartPreventExitStatus=2 3 4 5 77');
  });

  it('prints a unit with every setting that came from a flag or a variable', async () => {
    const { stdout } = await place.call(['service', 'print', '--policy-file', 'p.yaml'], {
      env: { HYBRID_RUNNER_CAPACITY: '3' },
    });
    expect(stdout).toContain(
      `run --config ${place.config} --policy-file ${join(place.directory, 'p.yaml')} --capacity 3\n`,
    );
  });

  it('prints no unit with a password in it', async () => {
    const result = await place.call(['service', 'print'], {
      env: { HYBRID_RUNNER_NETWORK_PROXY: 'http://user:hunter2222@proxy:3128' },
    });
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain('error INPUT_INVALID');
    expect(result.stderr).not.toContain('hunter2222');
  });
});

describe('the stack of an error', () => {
  it('is printed only at log level debug', async () => {
    expect((await place.call(['run', '--log-level', 'debug'])).stderr).toMatch(/^ {4}at /m);
    expect((await place.call(['run'])).stderr).not.toMatch(/^ {4}at /m);
  });
});
