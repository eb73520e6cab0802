import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { codeOf, temporaryVault } from '../../../test/support/temporary-vault.ts';
import { openVault, type Vault } from './vault.ts';

const signal = new AbortController().signal;
let vault: Vault;
let file: string;
let keyFile: string;

beforeEach(() => {
  ({ vault, file, keyFile } = temporaryVault());
});

/** Locks the vault for another process. */
function lockAs(pid: number): void {
  writeFileSync(`${file}.lock.1000`, JSON.stringify({ pid }));
}

describe('a damaged vault', () => {
  it('fails every call and stays unchanged', async () => {
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
    for (const call of calls) expect(await codeOf(call())).toBe('VAULT_DAMAGED');
    expect(readFileSync(file)).toEqual(bytes);
  });
});

describe('writers of a vault', () => {
  it('lose no write in one process', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        openVault({ file, keyFile }).set([`s${index}`], `value ${index}`, signal),
      ),
    );
    expect(await vault.list(signal)).toHaveLength(12);
  });

  it('lose no write in several processes, and leave no temporary files', async () => {
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
    expect(readdirSync(dirname(file)).sort()).toEqual([
      'vault.json',
      expect.stringMatching(/^vault\.json\.lock\.\d+$/),
      'vault.json.previous',
    ]);
  });

  it('take over the lock of a process that has ended', async () => {
    await vault.set(['a'], 'some value', signal);
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    lockAs(child.pid!);
    await vault.set(['b'], 'other value', signal);
    expect(await vault.list(signal)).toHaveLength(2);
  });

  it('stop waiting for a lock when aborted', async () => {
    await vault.set(['a'], 'some value', signal);
    lockAs(process.ppid);
    expect(await codeOf(vault.set(['b'], 'other value', AbortSignal.timeout(100)))).toBe(
      'DEADLINE_EXCEEDED',
    );
  });
});
