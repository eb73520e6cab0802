import { globSync } from 'node:fs';
import { expect, it } from 'vitest';
import { read, root } from './sources.ts';

const folders = globSync('vitest.*.config.ts', { cwd: root })
  .flatMap((path) => [...read(path).matchAll(/'(?<folder>test\/[^']+)\/\*\*\/\*\.test\.ts'/g)])
  .map(({ groups }) => groups!['folder']!);

it('tests with a command of their own are found', () => {
  expect(folders).toContain('test/kill');
});

it.each(folders)('%s is not part of the test command of the README', (folder) => {
  expect(read('vitest.config.ts')).toContain(`'${folder}/**',`);
});
