import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const base = join(root, 'src/connectors');
const connectors = readdirSync(base, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join(folder, path));
}

describe.each(connectors)('the connector %s', (name) => {
  const files = sources(join(base, name));
  const ownCode = new RegExp(`'${name.toUpperCase()}_`);

  it('imports RunnerError from its own folder errors where it uses its own codes', () => {
    const wrong = files.filter((path) => {
      const text = readFileSync(path, 'utf8');
      return ownCode.test(text) && /import \{ RunnerError\b[^;]* from '[./]*runtime\//.test(text);
    });
    expect(wrong).toEqual([]);
  });
});
