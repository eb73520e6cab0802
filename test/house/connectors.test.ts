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

describe('a connector', () => {
  /** Lines outside its folder that may name one, each with its reason. */
  const PERMITTED: readonly (readonly [path: string, line: RegExp, reason: string])[] = [
    ['connectors/registry.ts', /./, 'the one line that adds a connector'],
    ['config/values/secret-mounts.ts', /such as \/salesforce\/prod/, 'example in a message'],
    ['policy/schema.ts', /write acme\.my\.salesforce\.com/, 'example in a message'],
    ['network/endpoint.ts', /for example acme\.my\.salesforce\.com/, 'example in a remedy'],
    ['cli/reference-documents.ts', /a Salesforce credential/, 'text of docs/configuration.md'],
  ];

  it.each(connectors)('%s is named in its folder and in the registry only', (name) => {
    const named = sources(join(root, 'src'))
      .filter((path) => !path.startsWith(join(base, name)) && !path.includes('/generated/'))
      .flatMap((path) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
          .filter((line) => line.toLowerCase().includes(name))
          .map((line) => ({ path: path.slice(join(root, 'src').length + 1), line: line.trim() })),
      )
      .filter(
        ({ path, line }) => !PERMITTED.some(([file, text]) => file === path && text.test(line)),
      );
    expect(named).toEqual([]);
  });
});
