import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readHeadersFile } from './headers-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'headers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(text: string, mode = 0o600): string {
  const path = join(directory, 'headers');
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

describe('a file with headers', () => {
  it('has one in each line', async () => {
    const text = '# for the collector\nAuthorization: Bearer a:b c\r\n\nX-Scope:tenant\n';
    expect(await readHeadersFile(file(text))).toEqual({
      authorization: 'Bearer a:b c',
      'x-scope': 'tenant',
    });
  });

  it.each(['hunter22', 'A B: hunter22', 'X: hunter22\u0000', ': hunter22', 'X: hunter22é'])(
    'is rejected without its text when a line is no header: %j',
    async (line) => {
      const error = await readHeadersFile(file(`Fine: yes\n${line}\n`)).catch(
        (thrown) => thrown as unknown,
      );
      expect(error).toMatchObject({ code: 'INPUT_INVALID' });
      expect((error as RunnerError).message).toContain('line 2');
      expect((error as RunnerError).message).not.toContain('hunter');
    },
  );

  it('is rejected when others can read it, or when it is missing', async () => {
    const open = file('X: y\n', 0o644);
    await expect(readHeadersFile(open)).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
    await expect(readHeadersFile(join(directory, 'none'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });
});
