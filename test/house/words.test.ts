import { describe, expect, it } from 'vitest';
import { handWritten } from './document-list.ts';
import { allPrograms, isTest, read, sources, TOKEN } from './sources.ts';

const REFUSE = /\b(?:refuse[sd]?|refusing|refusals?)\b/i;

/** Wording that operators and maintainers should not meet, and what to write instead. */
const WORDINGS: readonly (readonly [instead: string, wording: RegExp])[] = [
  ['"no one", or a passive sentence', /\bnobody\b/i],
  ['"users", "human-readable" or "to display"', /\bpeople\b/i],
  ['"reject", or "deny" for the policy', REFUSE],
  ['"continue" or "roll back"', /\b(?:goes|go|going|went) (?:on(?! well)|back)\b/i],
  ['"abandon", "stop" or "time out"', /\b(?:give|gives|gave|giving|given) up\b/i],
  ['"again" or "new"', /\banew\b/i],
  ['"responded with status N"', /\banswered (?:with status )?\$\{/],
];

/** The control plane closes a connection with a frame of this name, and TCP refuses connections. */
const REFUSAL = /^(?:src\/channel|src\/link\/connection|control-plane\/src\/link)\//;

/** Comments, and strings that contain a space, without the code within them. */
const texts = allPrograms
  .filter((path) => !path.includes('/generated/'))
  .flatMap((path) =>
    (read(path).match(TOKEN) ?? [])
      .filter((text) => text.includes(' '))
      .map((text) => ({ path, text: text.replaceAll(/\$\{[^}]*\}/g, '${}') })),
  );

describe.each(WORDINGS)('instead of other words, %s', (_instead, wording) => {
  it('is used in comments and texts', () => {
    const found = texts
      .filter(({ text }) => wording.test(text))
      .filter(({ path, text }) => !REFUSE.test(text) || !isOfConnections(path, text))
      .map(({ path, text }) => `${path}: ${text.slice(0, 200)}`);
    expect(found).toEqual([]);
  });
});

/** Titles of tests and of their groups. */
const titles = ['src', 'foundation', 'openmetadata', 'control-plane', 'sandbox-org', 'test']
  .flatMap(sources)
  .filter(isTest)
  .flatMap((path) =>
    [
      ...read(path).matchAll(
        /\b(?:it|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])(?<title>.*?)\1,/g,
      ),
    ].map(({ groups }) => ({ path, text: groups!['title']! })),
  );

describe.each(WORDINGS)('in names of tests, instead of other words, %s', (_instead, wording) => {
  it('is used in titles', () => {
    const found = titles
      .filter(({ text }) => wording.test(text))
      .filter(({ path, text }) => !REFUSE.test(text) || !isOfConnections(path, text))
      .map(({ path, text }) => `${path}: ${text}`);
    expect(found).toEqual([]);
  });
});

function isOfConnections(path: string, text: string): boolean {
  return REFUSAL.test(path) || /connection/i.test(text);
}

const DOCUMENT_WORDINGS: readonly (readonly [instead: string, wording: RegExp])[] = [
  ...WORDINGS,
  ['"a message"', /\b(?:with words|words of)\b/i],
  ['"running" or "in progress"', /\bat work\b/i],
  ['"from time to time"', /\bnow and then\b/i],
];

/**
 * Paragraphs without code and names of files. The changelog is not read: it repeats what earlier
 * versions were called. Generated documents repeat texts of the programs.
 */
const paragraphs = handWritten
  .filter((path) => path !== 'CHANGELOG.md')
  .flatMap((path) =>
    read(path)
      .replaceAll(/^ *```.*?^ *```/gms, '')
      .replaceAll(/`[^`\n]*`|\]\([^)\s]*\)|[\w-]+\.test\.ts/g, '``')
      .split(/\n\s*\n|\n(?=\s*(?:\||[-*] |\d+\. ))/)
      .map((text) => ({ path, text: text.replaceAll(/\s+/g, ' ').trim() })),
  );

describe.each(DOCUMENT_WORDINGS)(
  'in documents, instead of other words, %s',
  (_instead, wording) => {
    it('is used', () => {
      const found = paragraphs
        // The frame of this name; connections are refused by TCP.
        .map(({ path, text }) => ({ path, text: text.replaceAll('Refusal', '') }))
        .filter(({ text }) => wording.test(text))
        .filter(({ text }) => !REFUSE.test(text) || !/refused connection/i.test(text))
        .map(({ path, text }) => `${path}: ${text.slice(0, 200)}`);
      expect(found).toEqual([]);
    });
  },
);
