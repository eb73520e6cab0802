import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { directory, link, text } from '../../scripts/release/entries.ts';
import { strip } from '../../scripts/release/strip.ts';
import { tar } from '../../scripts/release/tar.ts';
import { zip } from '../../scripts/release/zip.ts';
import { runWell } from '../install/run.ts';

const EPOCH = 1_700_000_000;
const LONG = `${'directory/'.repeat(14)}file.txt`;
const scratch = mkdtempSync(join(tmpdir(), 'formats-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('tar', () => {
  it('keeps names of more than 100 bytes, modes, owners, links and times', async () => {
    const file = join(scratch, 'archive.tar');
    const entries = [
      text(LONG, 'content', 0o640),
      link('link', 'directory'),
      directory('own', 0o700, 10_001),
    ];
    writeFileSync(file, tar(entries, EPOCH));
    const list = await runWell('tar', [
      '--list',
      '--verbose',
      '--numeric-owner',
      '--utc',
      '-f',
      file,
    ]);
    expect(list).toMatch(/^-rw-r----- 0\/0 +7 2023-11-14 22:13 directory\/.*\/file\.txt$/m);
    expect(list).toMatch(/^d\S+ 10001\/10001 .* own\/$/m);
    await runWell('tar', ['-xf', file, '-C', scratch]);
    expect(readFileSync(join(scratch, LONG.replace('directory', 'link')), 'utf8')).toBe('content');
  });

  it('does not depend on the order of its entries', () => {
    const [one, other] = [text('a', '1'), text('b/c', '2')];
    expect(tar([other, one], EPOCH).equals(tar([one, other], EPOCH))).toBe(true);
  });

  it('rejects a name that does not fit', () => {
    expect(() => tar([text('x'.repeat(101), '')], EPOCH)).toThrow('too long');
    expect(() => tar([link('link', LONG)], EPOCH)).toThrow('too long');
  });
});

describe('zip', () => {
  it('is read by others, with content and times', async () => {
    const file = join(scratch, 'archive.zip');
    writeFileSync(file, zip([text('b/two.txt', 'two'), text('one.txt', 'one')], EPOCH));
    expect(await runWell('python3', ['-m', 'zipfile', '--list', file])).toMatch(
      /b\/two\.txt +2023-11-14 22:13:20 +3\n.*one\.txt/,
    );
    expect(await runWell('python3', ['-m', 'zipfile', '--test', file])).toContain('Done testing');
  });

  it('rejects a link, which Windows would not follow', () => {
    expect(() => zip([link('link', 'target')], EPOCH)).toThrow('cannot be stored');
  });
});

describe('strip', () => {
  it('leaves a program that runs, without its symbols', async () => {
    const file = join(scratch, 'program');
    writeFileSync(file, strip(readFileSync(process.execPath)), { mode: 0o755 });
    expect(statSync(file).size).toBeLessThan(statSync(process.execPath).size * 0.9);
    expect(await runWell(file, ['--print', '6 * 7'])).toBe('42\n');
  });

  it('rejects what is not a program', () => {
    expect(() => strip(Buffer.from('#!/bin/sh\n'))).toThrow('not a 64-bit');
  });
});
