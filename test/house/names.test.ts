import { describe, expect, it } from 'vitest';
import { allPrograms, read, TOKEN } from './sources.ts';

/** The control plane closes a connection with a frame called Refusal. */
const OF_THE_FRAME = /^(?:src\/channel|src\/link\/connection|control-plane\/src\/link)\//;

/** Codes that operators know, frames of the protocol, and names on disk. */
const KNOWN: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENROLLMENT_REFUSED',
  'PROXY_REFUSED',
  'UPGRADE_REFUSED',
  'isRefusal',
  'refusal',
  'refusalError',
  'refused-sign-ins',
  'refused_by',
]);

/** Names for which the vocabulary has another word. */
const NAMES: readonly (readonly [instead: string, name: RegExp])[] = [
  ['abandon', /giv(?:e|en|ing)Up|gaveUp/i],
  ['undo', /takeBack/i],
  ['fallback, ownCommand, message', /^(?:alone|preset)$/],
  ['reject', /refuse|refusal|refusing/i],
];

const names = allPrograms
  .filter((path) => !path.includes('/generated/') && !OF_THE_FRAME.test(path))
  .flatMap(
    (path) =>
      read(path)
        .replaceAll(TOKEN, (token) => (token.includes(' ') || token.startsWith('/') ? '' : token))
        .match(/[\w-]+/g)
        ?.filter((name) => !KNOWN.has(name))
        .map((name) => ({ path, name })) ?? [],
  );

describe.each(NAMES)('in names, %s', (_instead, word) => {
  it('is used', () => {
    const found = names.filter(({ name }) => word.test(name));
    expect(found).toEqual([]);
  });
});

describe('names', () => {
  it('say what a value is', () => {
    const vague = allPrograms.filter((path) =>
      /\b(?:const|let|function) (?:given|within|told|unheardOf)\b/.test(read(path)),
    );
    expect(vague).toEqual([]);
  });
});
