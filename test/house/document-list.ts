import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.ts';

/** Documents, as paths relative to the root of the repository. */
export const documents = execFileSync('git', ['ls-files', '-z', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));

/** Written by `npm run docs` and `npm run docs:what-leaves`. */
const GENERATED = [
  'docs/configuration.md',
  'docs/errors.md',
  'docs/what-leaves.md',
  'docs/egress.md',
];

export const handWritten = documents.filter((path) => !GENERATED.includes(path));
