import { describe, expect, it } from 'vitest';
import { commented, read } from './sources.ts';

/** All code. Documents have a width of their own (documents.test.ts). */
const ROOTS = [
  '.ci',
  '.githooks',
  'bench',
  'bin',
  'control-plane',
  'demo',
  'foundation',
  'openmetadata',
  'packaging',
  'sandbox-org',
  'scripts',
  'src',
  'test',
];

const COMMENT = /^\s*(?:\*|\/\*|\/\/|#)/;

/** The reason of a disabled check stands on its line; an address cannot be wrapped. */
const EXEMPT = /oxlint-disable|https?:\/\/\S{60}/;

describe('comments', () => {
  it.each(ROOTS)('are at most 100 columns wide in %s', (root) => {
    const wide = commented(root).flatMap((path) =>
      read(path)
        .split('\n')
        .filter((line) => line.length > 100 && COMMENT.test(line) && !EXEMPT.test(line))
        .map((line) => `${path}: ${line}`),
    );
    expect(wide).toEqual([]);
  });
});
