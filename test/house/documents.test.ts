import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, handWritten } from './document-list.ts';
import { read, root } from './sources.ts';

/** Identifier of a heading, as GitHub derives it. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[(?<text>[^\]]*)\]\([^)]*\)/g, '$<text>')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```/gms, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Lines of a document that an author breaks: not those of tables and code blocks. */
function proseLines(path: string): string[] {
  return read(path)
    .replaceAll(/^ *```.*?^ *```/gms, '')
    .split('\n')
    .filter((line) => !/^\s*\|/.test(line));
}

function anchorsOf(path: string): Set<string> {
  const text = read(path).replaceAll(/^ *```.*?^ *```/gms, '');
  return new Set([...text.matchAll(/^#+ (?<heading>.*)$/gm)].map((m) => anchorOf(m[1]!)));
}

function brokenLinks(path: string): string[] {
  return [...withoutCode(read(path)).matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups!['target']!)
    .filter((target) => !/^(?:https?|mailto):/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(root, linked))) return true;
      return anchor !== undefined && linked.endsWith('.md') && !anchorsOf(linked).has(anchor);
    });
}

const MAX_COLUMNS = 130;

describe('documents', () => {
  it('exist', () => {
    expect(documents.length).toBeGreaterThan(20);
  });

  it.each(documents)('%s links only to what exists', (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it.each(handWritten)(`%s has no prose line wider than ${MAX_COLUMNS} columns`, (path) => {
    const wide = proseLines(path)
      .map((line) => line.replaceAll(/\]\([^)\s]*\)/g, ']()'))
      .filter((line) => line.length > MAX_COLUMNS);
    expect(wide).toEqual([]);
  });
});

describe('the security review', () => {
  const questions = read('docs/security-review.md')
    .split(/^(?=\*\*\d+\.)/m)
    .slice(1);

  it('answers forty numbered questions', () => {
    const numbers = questions.map((text) => Number(/^\*\*(?<number>\d+)\./.exec(text)?.[1]));
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it.each(questions.map((text) => [/\*\*(?<title>.*?)\*\*/s.exec(text)![1]!, text]))(
    '%s is answered with a reference',
    (_, text) => {
      expect(text).toMatch(/\]\([^)]+\)/);
    },
  );
});
