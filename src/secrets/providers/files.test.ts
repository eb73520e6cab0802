import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { providerDeps } from '../../../test/support/provider-deps.ts';
import { openSealing } from '../../sealing/open-sealing.ts';
import { createFilesProvider, filesProvider } from './files.ts';
import type { SecretProvider } from '../provider.ts';

const signal = new AbortController().signal;
let base: string;
let root: string;
let provider: SecretProvider;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'files-'));
  root = join(base, 'secrets');
  mkdirSync(root);
  provider = createFilesProvider(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const value = async (...path: string[]): Promise<string | undefined> =>
  (await provider.read(path, signal))?.reveal();

async function code(...path: string[]): Promise<string> {
  try {
    await provider.read(path, signal);
  } catch (thrown) {
    return (thrown as RunnerError).code;
  }
  return 'no error';
}

describe('a directory of files', () => {
  it.each([
    ['in it', () => join(root, 'key')],
    ['in it, by a link to the directory', () => join(base, 'link', 'key')],
    ['outside, which links into it', () => join(base, 'key')],
  ])('is not opened if what opens the sealed keys is %s', async (_where, file) => {
    writeFileSync(join(root, 'key'), 'a'.repeat(44));
    symlinkSync(root, join(base, 'link'));
    symlinkSync(join(root, 'key'), join(base, 'key'));
    const settings = { credential: false, keyFile: file(), passphraseFile: undefined };
    const sealing = await openSealing(settings, { env: {} });
    await expect(
      filesProvider.open({ directory: root }, providerDeps({ sealing })),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is opened if what opens the sealed keys is elsewhere', async () => {
    const settings = { credential: false, keyFile: undefined, passphraseFile: join(base, 'words') };
    const sealing = await openSealing(settings, { env: {} });
    const opened = await filesProvider.open({ directory: root }, providerDeps({ sealing }));
    expect(opened?.name).toBe('files');
  });

  it('is read as Docker mounts it, readable by all', async () => {
    writeFileSync(join(root, 'db_password'), 'from docker\n', { mode: 0o444 });
    expect(await value('db_password')).toBe('from docker');
  });

  it('is read through its links as Kubernetes mounts it, also after a swap', async () => {
    chmodSync(root, 0o1777);
    const generation = (name: string, text: string): void => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'password'), text, { mode: 0o440 });
      symlinkSync(name, join(root, '..data_tmp'));
      renameSync(join(root, '..data_tmp'), join(root, '..data'));
    };
    generation('..2026_01', 'the first');
    symlinkSync('..data/password', join(root, 'password'));
    const first = await provider.read(['password'], signal);
    generation('..2026_02', 'the second');
    const second = await provider.read(['password'], signal);
    expect([first?.reveal(), second?.reveal()]).toEqual(['the first', 'the second']);
    expect(first?.version).not.toBe(second?.version);
  });

  it('is read as systemd provides it, flat and read-only, with dots for slashes', async () => {
    writeFileSync(join(root, 'salesforce.prod.password'), 'from systemd', { mode: 0o400 });
    expect(await value('salesforce', 'prod', 'password')).toBe('from systemd');
  });

  it.each([['a.b.c'], ['a/b.c'], ['a.b/c'], ['a/b/c']])(
    'reads %s as /a/b/c, and for no other reference',
    async (name) => {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), 'the value');
      expect(await value('a', 'b', 'c')).toBe('the value');
      expect([await code('a', 'b.c'), await code('a.b', 'c'), await code('a.b.c')]).toEqual([
        'SECRET_UNAVAILABLE',
        'SECRET_UNAVAILABLE',
        'SECRET_UNAVAILABLE',
      ]);
    },
  );

  it('names the reference of a file with dots in its error', async () => {
    await expect(provider.read(['tls.crt'], signal)).rejects.toThrow('secret:/tls/crt');
  });

  it('rejects a reference that matches two files', async () => {
    writeFileSync(join(root, 'a.b'), 'flat file');
    expect(await value('a', 'b')).toBe('flat file');
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a/b'), 'nested file');
    expect(await code('a', 'b')).toBe('SECRET_UNAVAILABLE');
  });

  it('rejects a second name of a file: a link to it, through a directory, or a hard link', async () => {
    mkdirSync(join(root, 'prod'));
    writeFileSync(join(root, 'prod/password'), 'the value');
    symlinkSync('prod/password', join(root, 'alias'));
    symlinkSync('prod', join(root, 'test'));
    expect([
      await value('prod', 'password'),
      await code('alias'),
      await code('test', 'password'),
    ]).toEqual(['the value', 'SECRET_UNAVAILABLE', 'SECRET_UNAVAILABLE']);
    linkSync(join(root, 'prod/password'), join(root, 'hard'));
    expect([await code('prod', 'password'), await code('hard')]).toEqual([
      'SECRET_UNAVAILABLE',
      'SECRET_UNAVAILABLE',
    ]);
  });

  it.each([
    ['value\n', 'value'],
    ['value\r\n', 'value'],
    ['value\n\n', 'value\n'],
    ['value', 'value'],
    [' value ', ' value '],
    ['\ufeffvalue\r\n', 'value'],
    ['\ufeff', undefined],
    ['val\ufeffue', 'val\ufeffue'],
    ['\n', undefined],
    ['', undefined],
  ])('returns %j as %j', async (content, expected) => {
    writeFileSync(join(root, 'x'), content);
    expect(await value('x')).toBe(expected);
  });

  it('rejects a link out of the directory, to a file or through a directory', async () => {
    writeFileSync(join(base, 'outside'), 'foreign bytes');
    mkdirSync(join(base, 'secrets-beside'));
    writeFileSync(join(base, 'secrets-beside/file'), 'foreign bytes');
    symlinkSync('../outside', join(root, 'link'));
    symlinkSync('../secrets-beside', join(root, 'folder'));
    symlinkSync('/etc/hostname', join(root, 'absolute'));
    expect([await code('link'), await code('folder', 'file'), await code('absolute')]).toEqual([
      'FILE_UNSAFE',
      'FILE_UNSAFE',
      'FILE_UNSAFE',
    ]);
  });

  it('never reads a byte of another file while a link is swapped', async () => {
    writeFileSync(join(base, 'outside'), 'foreign bytes');
    mkdirSync(join(root, '.own'));
    writeFileSync(join(root, '.own/swapped'), 'own bytes');
    symlinkSync('.own/swapped', join(root, 'swapped'));
    const swapper = spawn(
      process.execPath,
      [
        '-e',
        `const fs = require('fs'); process.chdir(process.argv[1]); console.log('on');
      for (let i = 0; ; i++) { fs.symlinkSync(i % 2 ? '../outside' : '.own/swapped', 'fresh'); fs.renameSync('fresh', 'swapped'); }`,
        root,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(swapper.stdout, 'data');
    const seen = new Set<string>();
    for (const end = performance.now() + 400; performance.now() < end || seen.size < 2;) {
      const texts = await Promise.all(
        Array.from({ length: 4 }, () =>
          value('swapped').catch((thrown: unknown) => (thrown as RunnerError).code),
        ),
      );
      for (const text of texts) seen.add(String(text));
    }
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
    expect([...seen].sort()).toEqual(['FILE_UNSAFE', 'own bytes']);
  });

  it.runIf(process.platform !== 'win32')(
    'does not hang on a pipe, and rejects what is not a file',
    async () => {
      execFileSync('mkfifo', [join(root, 'pipe')]);
      expect(await code('pipe')).toBe('FILE_UNSAFE');
      mkdirSync(join(root, 'folder'));
      expect(await value('folder')).toBeUndefined();
    },
  );

  it('rejects a file that others can change, or that is too large', async () => {
    writeFileSync(join(root, 'open'), 'some value');
    chmodSync(join(root, 'open'), 0o646);
    writeFileSync(join(root, 'large'), 'x'.repeat(64 * 1024 + 1));
    expect([await code('open'), await code('large')]).toEqual(['FILE_UNSAFE', 'FILE_UNREADABLE']);
  });

  it('rejects bytes that are not text', async () => {
    writeFileSync(join(root, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    expect(await code('binary')).toBe('SECRET_PROVIDER_FAILED');
  });

  it('is a failed provider, not a missing secret, when the directory is missing', async () => {
    rmSync(root, { recursive: true });
    expect(await code('x')).toBe('SECRET_PROVIDER_FAILED');
  });
});
