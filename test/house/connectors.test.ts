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

/**
 * Finds the name as a word, also within an identifier: `oracle`, `fromOracle`, `ORACLE_`, but not
 * `oracles`.
 */
function asWord(name: string): RegExp {
  const words = name.split('-');
  const pascal = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('');
  const camel = `${pascal[0]!.toLowerCase()}${pascal.slice(1)}`;
  const lower = `(?<![A-Za-z])(?:${name}|${camel})(?![a-z])`;
  const upper = `(?<![A-Z])${words.join('_').toUpperCase()}(?![A-Za-z])`;
  return new RegExp(`${lower}|${pascal}(?![a-z])|${upper}`);
}

describe('a connector', () => {
  it.each([
    ['oracle', 'oracle', true],
    ['oracle', "type: 'Oracle'", true],
    ['oracle', 'fromOracleTable', true],
    ['oracle', "'ORACLE_DOWN'", true],
    ['oracle', 'import x from "../oracle/x.ts"', true],
    ['oracle', 'oracles', false],
    ['corn', 'unicorn(Corner)', false],
    ['sap-hana', 'sapHana', true],
    ['sap-hana', 'SAP_HANA_X', true],
  ])('%s is found as a word in %s: %s', (name, text, found) => {
    expect(asWord(name).test(text)).toBe(found);
  });

  /** Lines outside its folder that may name one, each with its reason. */
  const PERMITTED: readonly (readonly [path: string, line: RegExp, reason: string])[] = [
    ['connectors/registry.ts', /./, 'the one line that adds a connector'],
    ['config/values/secret-mounts.ts', /such as \/salesforce\/prod/, 'example in a message'],
    ['policy/schema.ts', /write acme\.my\.salesforce\.com/, 'example in a message'],
    ['cli/documents/configuration.ts', /a Salesforce credential/, 'text of docs/configuration.md'],
  ];

  it.each(connectors)('%s is named in its folder and in the registry only', (name) => {
    const word = asWord(name);
    const named = production
      .filter((path) => !path.startsWith(join(base, name)) && !path.includes('/generated/'))
      .flatMap((path) =>
        read(path)
          .split('\n')
          .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
          .filter((line) => word.test(line))
          .map((line) => ({ path: path.replace(/^src\//, ''), line: line.trim() })),
      )
      .filter(
        ({ path, line }) => !PERMITTED.some(([file, text]) => file === path && text.test(line)),
      );
    expect(named).toEqual([]);
  });
});
