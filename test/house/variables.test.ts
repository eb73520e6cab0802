import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
/** Variables of the system. */
const COMMON = new Set(['PATH', 'HOME']);

function testFiles(): string[] {
  const inTests = ['test', 'control-plane/test', 'sandbox-org/test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      join(folder, path),
    ),
  );
  const beside = ['src', 'foundation/src', 'openmetadata/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => join(folder, path)),
  );
  return [...inTests, ...beside].filter((path) => path.endsWith('.ts'));
}

describe('CONTRIBUTING.md', () => {
  it('documents every environment variable that tests read', () => {
    const read = new Set(
      testFiles().flatMap((path) =>
        [
          ...readFileSync(join(root, path), 'utf8').matchAll(/process\.env\['(?<name>[A-Z_]+)'\]/g),
        ].map((match) => match.groups!['name']!),
      ),
    );
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    expect(read.size).toBeGreaterThan(5);
    expect([...read].filter((name) => !COMMON.has(name) && !text.includes(`\`${name}\``))).toEqual(
      [],
    );
  });
});
