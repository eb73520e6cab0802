import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../mutants/mutants.ts';
import { read, root } from './sources.ts';

describe('planted faults', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s: the code that is changed and the tests that must notice exist',
    (_name, { edits, tests }) => {
      const missing = edits.filter(({ file, find }) => read(file).split(find).length !== 2);
      expect(missing).toEqual([]);
      expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    },
  );
});
