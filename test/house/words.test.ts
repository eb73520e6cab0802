import { describe, expect, it } from 'vitest';
import { allPrograms, read } from './sources.ts';

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

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

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

function isOfConnections(path: string, text: string): boolean {
  return REFUSAL.test(path) || /connection/i.test(text);
}

describe('names', () => {
  it('say what a value is', () => {
    const vague = allPrograms.filter((path) =>
      /\b(?:const|let|function) (?:given|within|told|unheardOf)\b/.test(read(path)),
    );
    expect(vague).toEqual([]);
  });
});
