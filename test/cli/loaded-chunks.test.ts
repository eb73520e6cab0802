import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const dist = resolve(import.meta.dirname, '../../dist');
/** The SDKs of the clouds and what only they need. */
const SDK =
  /^(?:@aws-sdk|@aws|@smithy|@azure|@azure-rest|@typespec|google-auth-library|gaxios)(?:\/|$)/;

/** The file and all that is loaded with it. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g))
    loadedWith(resolve(dirname(file), path), loaded);
  return loaded;
}

function sdksIn(files: Iterable<string>): string[] {
  const packages = [...files].flatMap((file) => {
    const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] };
    return sources.map((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? '');
  });
  return [...new Set(packages)].filter((name) => SDK.test(name)).sort();
}

/** The newest one: those of earlier builds stay for a while. */
function chunkWith(source: string): string {
  const found = readdirSync(join(dist, 'chunks'))
    .filter((name) => name.endsWith('.js.map'))
    .map((name) => join(dist, 'chunks', name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .find((map) => readFileSync(map, 'utf8').includes(`"../../${source}"`));
  return (found ?? '').slice(0, -'.map'.length);
}

it.each([
  ['the command line', join(dist, 'cli/main.js')],
  ['a worker', join(dist, 'worker/main.js')],
  ['the link', chunkWith('src/cli/commands/run.ts')],
])('%s starts without an SDK of a cloud', (_what, file) => {
  expect(sdksIn(loadedWith(file))).toEqual([]);
});

it.each([
  ['src/secrets/managers/aws/secrets-manager.ts', '@aws-sdk/client-secrets-manager'],
  ['src/secrets/managers/azure/open.ts', '@azure/keyvault-secrets'],
])('a mount that is opened loads its own: %s', (source, name) => {
  expect(sdksIn(loadedWith(chunkWith(source)))).toContain(name);
});

it.each([
  ['a worker', join(dist, 'worker/main.js')],
  ['the link', chunkWith('src/cli/commands/run.ts')],
])('%s starts without the code of sealed keys', (_what, file) => {
  const ofSealing = chunkWith('src/sealing/sealed.ts');
  expect(statSync(ofSealing).size).toBeGreaterThan(0);
  expect([...loadedWith(file)]).not.toContain(ofSealing);
});
