import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Paths of the TypeScript files in a folder, relative to the root of the repository. */
export function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => join(folder, path));
}

/** Files below a folder that can have comments, without those that a program has written. */
export function commented(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/(?:^|\/)(?:node_modules|generated|dist|recordings|corpus)\//.test(path))
    .filter((path) => /\.(?:ts|js|mjs|py|go|sh|ya?ml|proto)$|^\.(?:ci|githooks)\//.test(path));
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Paths of the files that a file imports from this repository. */
export function importsOf(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import)\s*\(?\s*'(?<name>\.[^']+)'/g)].map((match) =>
    relative(root, resolve(root, dirname(path), match.groups!['name']!)),
  );
}

/** Files of the runner that are shipped. */
export const production = ['src', 'foundation/src', 'openmetadata/src']
  .flatMap(sources)
  .filter((path) => !isTest(path));

/** Files of all programs in this repository, without tests. */
export const allPrograms = [
  ...production,
  ...sources('control-plane/src'),
  ...sources('sandbox-org/src'),
  ...sources('demo'),
  ...sources('bench'),
].filter((path) => !isTest(path));

/** A comment or a string. */
export const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
