import { describe, expect, it } from 'vitest';
import { allPrograms, isTest, production, read, sources } from './sources.ts';

/** One object a line, with all its fields, as a table has rows. */
const DATA: ReadonlySet<string> = new Set([
  'sandbox-org/src/org/business-objects.ts',
  'sandbox-org/src/org/core-objects.ts',
]);

/** A regular expression and a row of a table in a document cannot be split. */
const WHOLE = /^\s*(?:\/\^?[^/*]|\| )/;

describe('code', () => {
  it('has no folder or file with a name that says nothing', () => {
    const named = allPrograms.filter((path) =>
      path
        .split('/')
        .some((part) => /^(?:utils?|common|helpers?|types|lib|misc|manager)(?:\.ts)?$/.test(part)),
    );
    expect(named).toEqual([]);
  });

  it('throws no bare Error in the runner', () => {
    const bare = production.filter((path) => /throw new (?:Type|Range)?Error\(/.test(read(path)));
    expect(bare).toEqual([]);
  });

  it('has no any, and a reason beside every disabled check', () => {
    const disabled = allPrograms.filter((path) =>
      read(path)
        .split('\n')
        .some(
          (line) =>
            /\bas any\b|:\s*any\s*[,;)=[>]|@ts-ignore/.test(line) ||
            /oxlint-disable(?:-next-line|-line)?(?!.* -- )/.test(line),
        ),
    );
    expect(disabled).toEqual([]);
  });

  it('has no line wider than 160 columns: the formatter does not split texts', () => {
    const wide = allPrograms
      .filter((path) => !path.includes('/generated/') && !DATA.has(path))
      .flatMap((path) =>
        read(path)
          .split('\n')
          .filter((line) => line.length > 160 && !WHOLE.test(line))
          .map((line) => `${path}: ${line}`),
      );
    expect(wide).toEqual([]);
  });

  it('has no two tests with the same name in a file', () => {
    const tests = ['src', 'foundation', 'openmetadata', 'test', 'control-plane', 'sandbox-org']
      .flatMap(sources)
      .filter(isTest);
    const repeated = tests.flatMap((path) => {
      const names = [...read(path).matchAll(/^\s*it\('([^']+)'/gm)].map((match) => match[1]!);
      return names
        .filter((name, index) => names.indexOf(name) !== index)
        .map((name) => `${path}: ${name}`);
    });
    expect(repeated).toEqual([]);
  });
});
