import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const rows = [
  ...readFileSync(join(root, 'docs/threat-model.md'), 'utf8').matchAll(
    /^\| (?<id>T\d[^|]*) \|.*\| `(?<file>[^`]+)` › (?<name>[^|]+?) \|$/gm,
  ),
].map(({ groups }) => ({ id: groups!['id']!, file: groups!['file']!, name: groups!['name']! }));

describe('the threat model', () => {
  it('names a test for each attack', () => {
    const listed =
      readFileSync(join(root, 'docs/threat-model.md'), 'utf8').match(/^\| T\d/gm) ?? [];
    expect(listed.length).toBeGreaterThan(30);
    expect(rows).toHaveLength(listed.length);
  });

  it.each(rows)('$id: $file has "$name"', ({ file, name }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(readFileSync(join(root, file), 'utf8')).toContain(`'${name}'`);
  });
});
