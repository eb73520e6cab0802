import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTest, production, read, root, sources } from './sources.ts';

const base = 'src/connectors';
const connectors = readdirSync(join(root, base), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(connectors)('the connector %s', (name) => {
  const files = sources(join(base, name)).filter((path) => !isTest(path));
  const ownCode = new RegExp(`'${name.toUpperCase()}_`);

  it('imports RunnerError from its own folder errors where it uses its own codes', () => {
    const wrong = files.filter((path) => {
      const text = read(path);
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
    ['cli/documents/configuration.ts', /a Salesforce credential/, 'text of docs/configuration.md'],
  ];

  it.each(connectors)('%s is named in its folder and in the registry only', (name) => {
    const named = production
      .filter((path) => !path.startsWith(join(base, name)) && !path.includes('/generated/'))
      .flatMap((path) =>
        read(path)
          .split('\n')
          .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
          .filter((line) => line.toLowerCase().includes(name))
          .map((line) => ({ path: path.replace(/^src\//, ''), line: line.trim() })),
      )
      .filter(
        ({ path, line }) => !PERMITTED.some(([file, text]) => file === path && text.test(line)),
      );
    expect(named).toEqual([]);
  });
});
