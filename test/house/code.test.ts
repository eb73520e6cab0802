import { describe, expect, it } from 'vitest';
import { allPrograms, isTest, production, read, sources } from './sources.ts';

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

  it('has no comment wider than 100 columns', () => {
    const wide = allPrograms
      .filter((path) => !path.includes('/generated/'))
      .filter((path) =>
        read(path)
          .split('\n')
          .some(
            (line) =>
              line.length > 100 &&
              /^\s*(?:\*|\/\*|\/\/)/.test(line) &&
              !line.includes('oxlint-disable'),
          ),
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
