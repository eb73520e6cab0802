import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Random } from '../../runtime/random.ts';
import { systemRandom } from '../../runtime/random.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { decodeVault, encodeVault, newVault, openValue, sealValue } from './format.ts';
import { openVault, type Vault } from './vault.ts';

const signal = new AbortController().signal;
let directory: string;
let file: string;
let keyFile: string;
let vault: Vault;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vault-'));
  file = join(directory, 'state/vault.json');
  keyFile = join(directory, 'config/vault.key');
  vault = openVault({ file, keyFile });
});
afterEach(() => rmSync(directory, { recursive: true }));

const value = async (name: string, of = vault): Promise<string | undefined> =>
  (await of.read([name], signal))?.reveal();
const modes = (): string[] =>
  [file, keyFile].map((path) => (statSync(path).mode & 0o777).toString(8));

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return (thrown as RunnerError).code;
  }
  return 'it worked';
}

describe('a removed value', () => {
  it('is in no file any more, and comes back with none that is written later', async () => {
    await vault.set(['other'], 'other value', signal);
    await vault.set(['gone'], 'removed value', signal);
    await vault.set(['other'], 'newer value', signal);
    await vault.remove(['gone'], signal);
    expect(readdirSync(join(directory, 'state'))).toEqual(['vault.json']);
    expect([await value('gone'), await value('other')]).toEqual([undefined, 'newer value']);
    await vault.set(['other'], 'newest value', signal);
    expect(await value('gone', openVault({ file: `${file}.previous`, keyFile }))).toBeUndefined();
  });
});

describe('the vault', () => {
  it('does not exist until the first secret is set; then it and its key are private and apart', async () => {
    expect(await vault.list(signal)).toEqual([]);
    expect(await value('a')).toBeUndefined();
    expect(existsSync(join(directory, 'state'))).toBe(false);
    await vault.set(['a'], 'first value', signal);
    expect(modes()).toEqual(['600', '600']);
    await vault.set(['a'], 'second value', signal);
    await vault.remove(['a'], signal);
    expect(modes()).toEqual(['600', '600']);
  });

  it('lists references, versions and dates, never values', async () => {
    await vault.set(['b', 'c'], 'the value of b', signal);
    await vault.set(['a'], 'the value of a', signal);
    await vault.set(['b', 'c'], 'a newer value of b', signal);
    const listed = await vault.list(signal);
    expect(listed).toMatchObject([
      { reference: 'secret:/a', version: 1 },
      { reference: 'secret:/b/c', version: 2 },
    ]);
    expect(Math.abs(Date.now() - Date.parse(listed[0]!.updatedAt))).toBeLessThan(60_000);
    expect(JSON.stringify(listed)).not.toContain('value of');
  });

  it('holds no value and no part of the key in clear', async () => {
    await vault.set(['a'], 'plain-as-day', signal);
    const text = readFileSync(file, 'latin1');
    const key = readFileSync(keyFile, 'utf8').split(':')[1]!.trim();
    for (const hidden of [
      'plain-as-day',
      Buffer.from('plain-as-day').toString('base64').slice(0, 14),
      key,
      Buffer.from(key, 'base64').toString('hex'),
    ])
      expect(text).not.toContain(hidden);
  });

  it('does not show how long a value is', async () => {
    const sizes: number[] = [];
    for (const length of [6, 20, 60]) {
      await vault.set(['a'], 'x'.repeat(length), signal);
      sizes.push(
        (JSON.parse(readFileSync(file, 'utf8')) as { records: { value: string }[] }).records[0]!
          .value.length,
      );
    }
    expect(new Set(sizes).size).toBe(1);
  });

  it.each([
    ['five', 'abcde'],
    ['with NUL', 'abc\0defgh'],
    ['broken', 'abc\ud800defgh'],
    ['too large', 'x'.repeat(70_000)],
  ])('refuses a value that is %s', async (_what, text) => {
    expect(await code(vault.set(['a'], text, signal))).toBe('INPUT_INVALID');
    expect(existsSync(file)).toBe(false);
  });

  it('says whether there was something to remove', async () => {
    await vault.set(['a'], 'some value', signal);
    expect([await vault.remove(['a'], signal), await vault.remove(['a'], signal)]).toEqual([
      true,
      false,
    ]);
  });

  it('keeps the generation before as a whole vault', async () => {
    await vault.set(['a'], 'first value', signal);
    await vault.set(['a'], 'second value', signal);
    expect(await value('a', openVault({ file: `${file}.previous`, keyFile }))).toBe('first value');
  });

  it('starts with a key that is there already', async () => {
    await vault.set(['a'], 'first value', signal);
    const key = readFileSync(keyFile);
    rmSync(file);
    await vault.set(['a'], 'other value', signal);
    expect(readFileSync(keyFile)).toEqual(key);
  });
});

describe('the key', () => {
  it('missing, of another vault or garbled is VAULT_LOCKED', async () => {
    await vault.set(['a'], 'some value', signal);
    copyFileSync(keyFile, `${keyFile}.kept`);
    rmSync(keyFile);
    expect(await code(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    expect(await code(vault.set(['b'], 'other value', signal))).toBe('VAULT_LOCKED');
    writeFileSync(keyFile, 'hybrid-runner-vault-key-1:AAAA\n', { mode: 0o600 });
    expect(await code(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    const other = openVault({
      file: join(directory, 'other/vault.json'),
      keyFile: join(directory, 'other.key'),
    });
    await other.set(['a'], 'some value', signal);
    copyFileSync(join(directory, 'other.key'), keyFile);
    expect(await code(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    copyFileSync(`${keyFile}.kept`, keyFile);
    expect(await value('a')).toBe('some value');
  });

  it.each([
    ['file', 0o640],
    ['file', 0o604],
    ['file', 0o620],
    ['keyFile', 0o644],
    ['keyFile', 0o660],
  ] as const)('a %s with mode %o is FILE_UNSAFE', async (which, mode) => {
    await vault.set(['a'], 'some value', signal);
    chmodSync(which === 'file' ? file : keyFile, mode);
    expect(await code(vault.read(['a'], signal))).toBe('FILE_UNSAFE');
  });

  it('can be changed; the old one then opens nothing, and values and versions stay', async () => {
    await vault.set(['a'], 'some value', signal);
    copyFileSync(keyFile, join(directory, 'old.key'));
    const before = await vault.read(['a'], signal);
    await vault.rotateKey(signal);
    const after = await vault.read(['a'], signal);
    expect([after?.reveal(), after?.version]).toEqual(['some value', before?.version]);
    for (const name of readdirSync(join(directory, 'state')))
      expect(
        await code(
          openVault({
            file: join(directory, 'state', name),
            keyFile: join(directory, 'old.key'),
          }).list(signal),
        ),
      ).toBe('VAULT_LOCKED');
  });

  it('can be changed through a crash at any point', async () => {
    await vault.set(['a'], 'some value', signal);
    for (let crashAt = 1; crashAt <= 8; crashAt++) {
      let calls = 0;
      const random: Random = {
        ...systemRandom,
        uuid: () => {
          if (++calls === crashAt) throw new RunnerError('INTERNAL', 'crash');
          return systemRandom.uuid();
        },
      };
      await openVault({ file, keyFile, random })
        .rotateKey(signal)
        .catch(() => undefined);
      rmSync(`${file}.lock`, { force: true });
      expect(await value('a')).toBe('some value');
    }
  });

  it('can be changed while others read', async () => {
    await vault.set(['a'], 'some value', signal);
    const done = new AbortController();
    const readers = Array.from({ length: 3 }, async () => {
      while (!done.signal.aborted) expect(await value('a')).toBe('some value');
    });
    for (let round = 0; round < 5; round++) await vault.rotateKey(signal);
    done.abort();
    await Promise.all(readers);
  });
});

describe('a vault that was tampered with', () => {
  const key = Buffer.alloc(32, 7);

  function sample(records = 6): { bytes: Buffer; content: ReturnType<typeof newVault> } {
    let content = newVault(systemRandom);
    for (let index = 0; index < records; index++) {
      const head = {
        ref: `secret:/record/${index}`,
        version: 1,
        generation: 1,
        updatedAt: new Date(0).toISOString(),
      };
      content = {
        ...content,
        generation: 1,
        records: [
          ...content.records,
          sealValue(content, head, `value ${index} ${'x'.repeat(150)}`, systemRandom),
        ],
      };
    }
    return { bytes: encodeVault(content, [key], systemRandom), content };
  }

  const detected = (bytes: Buffer): boolean => {
    try {
      decodeVault(bytes, key);
      return false;
    } catch (thrown) {
      return (
        thrown instanceof RunnerError &&
        (thrown.code === 'VAULT_DAMAGED' || thrown.code === 'VAULT_LOCKED')
      );
    }
  };

  it('is recognised whichever byte is flipped', () => {
    const { bytes } = sample();
    expect(bytes.length).toBeGreaterThan(2500);
    expect(detected(bytes)).toBe(false);
    for (let index = 0; index < bytes.length; index++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[index]! ^= mask;
        if (!detected(changed)) expect.fail(`byte ${index} ^ ${mask} was not noticed`);
      }
    }
  });

  it('is recognised cut at any length, and with anything added', () => {
    const { bytes } = sample(2);
    for (let length = 0; length < bytes.length; length++)
      if (!detected(bytes.subarray(0, length))) expect.fail(`cut at ${length} was not noticed`);
    for (const more of ['\n', ' ', '\0', '{}'])
      expect(detected(Buffer.concat([bytes, Buffer.from(more)]))).toBe(true);
  });

  it('is recognised with records swapped, doubled, dropped, renamed or taken from another vault', () => {
    const { bytes, content } = sample();
    const document = JSON.parse(bytes.toString()) as {
      records: { ref: string; value: string; nonce: string; version: number }[];
      generation: number;
    };
    const other = (JSON.parse(sample().bytes.toString()) as typeof document).records;
    const [a, b] = document.records as [(typeof document.records)[0], (typeof document.records)[0]];
    const variants = [
      { ...document, records: document.records.toReversed() },
      { ...document, records: [a, a, ...document.records.slice(1)] },
      { ...document, records: document.records.slice(1) },
      {
        ...document,
        records: [{ ...a, ref: b.ref }, { ...b, ref: a.ref }, ...document.records.slice(2)],
      },
      {
        ...document,
        records: [{ ...a, value: b.value, nonce: b.nonce }, ...document.records.slice(1)],
      },
      { ...document, records: [{ ...a, version: 2 }, ...document.records.slice(1)] },
      { ...document, generation: 2 },
      { ...document, records: [other[0], ...document.records.slice(1)] },
      { ...document, more: 1 },
    ];
    for (const variant of variants)
      expect(detected(Buffer.from(`${JSON.stringify(variant, undefined, 1)}\n`))).toBe(true);
    expect(detected(Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`))).toBe(false);
    expect(() =>
      openValue(content, { ...content.records[0]!, ref: content.records[1]!.ref }),
    ).toThrow(RunnerError);
    expect(() => openValue(content, { ...content.records[0]!, version: 2 })).toThrow(RunnerError);
    expect(() => openValue({ ...content, id: systemRandom.uuid() }, content.records[0]!)).toThrow(
      RunnerError,
    );
  });

  it('is VAULT_DAMAGED on every call, and no call changes it', async () => {
    await vault.set(['a'], 'some value', signal);
    const bytes = readFileSync(file);
    bytes[bytes.length - 10]! ^= 1;
    writeFileSync(file, bytes);
    const calls = [
      () => vault.read(['a'], signal),
      () => vault.list(signal),
      () => vault.set(['b'], 'other value', signal),
      () => vault.remove(['a'], signal),
      () => vault.rotateKey(signal),
    ];
    for (const call of calls) expect(await code(call())).toBe('VAULT_DAMAGED');
    expect(readFileSync(file)).toEqual(bytes);
  });
});

describe('writers', () => {
  it('in one process lose no write', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        openVault({ file, keyFile }).set([`s${index}`], `value ${index}`, signal),
      ),
    );
    expect(await vault.list(signal)).toHaveLength(12);
  });

  it('in several processes lose no write, and leave nothing lying about', async () => {
    const program = `import { openVault } from ${JSON.stringify(join(import.meta.dirname, 'vault.ts'))};
      const vault = openVault({ file: ${JSON.stringify(file)}, keyFile: ${JSON.stringify(keyFile)} });
      for (let index = 0; index < 4; index++) await vault.set([process.argv[1], 'n' + index], 'some value', new AbortController().signal);`;
    const children = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, ['--input-type=module', '-e', program, name], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(
      children.map(async (child) => (await once(child, 'exit'))[0] as number),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(await vault.list(signal)).toHaveLength(12);
    expect(readdirSync(join(directory, 'state')).sort()).toEqual([
      'vault.json',
      'vault.json.previous',
    ]);
  });

  it('take over the lock of a process that is gone', async () => {
    await vault.set(['a'], 'some value', signal);
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(`${file}.lock`, `${child.pid} 11111111-2222-3333-4444-555555555555`);
    await vault.set(['b'], 'other value', signal);
    expect(await vault.list(signal)).toHaveLength(2);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('stop waiting for a lock when told to', async () => {
    await vault.set(['a'], 'some value', signal);
    writeFileSync(`${file}.lock`, `${process.ppid} 11111111-2222-3333-4444-555555555555`);
    expect(await code(vault.set(['b'], 'other value', AbortSignal.timeout(100)))).toBe(
      'DEADLINE_EXCEEDED',
    );
  });
});
