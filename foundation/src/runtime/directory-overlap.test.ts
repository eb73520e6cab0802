import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liesIn, overlap } from './directory-overlap.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'overlap-'));
  mkdirSync(join(root, 'outer/inner'), { recursive: true });
  mkdirSync(join(root, 'other'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('liesIn', () => {
  it('holds for the directory itself, for one below it, and for one that does not exist yet', async () => {
    const outer = join(root, 'outer');
    for (const inner of ['outer', 'outer/inner', 'outer/new/below'])
      expect(await liesIn(join(root, inner), outer)).toBe(true);
    for (const inner of ['other', '.', 'outer-2'])
      expect(await liesIn(join(root, inner), outer)).toBe(false);
  });

  it('follows links', async () => {
    symlinkSync(join(root, 'outer/inner'), join(root, 'other/link'));
    expect(await liesIn(join(root, 'other/link'), join(root, 'outer'))).toBe(true);
  });
});

describe('overlap', () => {
  it('holds in both directions', async () => {
    const [outer, inner, other] = ['outer', 'outer/inner', 'other'].map((name) => join(root, name));
    expect(await overlap(outer!, inner!)).toBe(true);
    expect(await overlap(inner!, outer!)).toBe(true);
    expect(await overlap(outer!, other!)).toBe(false);
  });
});
