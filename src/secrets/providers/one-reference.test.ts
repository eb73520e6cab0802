import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { providerDeps } from '../../../test/support/provider-deps.ts';
import { openProviders } from '../open-providers.ts';
import { openVault } from '../vault/vault.ts';
import { secretSettingsSchema, type SecretSettings } from './registry.ts';

const signal = new AbortController().signal;
const directories: string[] = [];
afterEach(() =>
  directories.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })),
);

/** Few letters and every separator, so that spellings collide often. */
const segment = fc.stringMatching(/^[aA_-][aA._-]{0,3}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 3 });
const paths = fc.uniqueArray(path, {
  minLength: 2,
  maxLength: 24,
  selector: (segments) => segments.join('/'),
});
const mountLists = fc.constantFrom<SecretSettings['mounts']>(
  [],
  [{ prefix: '/a', provider: 'files' }],
  [
    { prefix: '/a', provider: 'environment' },
    { prefix: '/A', provider: 'files' },
  ],
  [
    { prefix: '/a/a', provider: 'vault' },
    { prefix: '/a', provider: 'files' },
  ],
);

/** Stores a value under a name, in every spelling that a person might use. */
type Store = (name: string, value: string) => Promise<void> | void;

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // The name is a directory already, or below a file.
  }
}

function openAll(mounts: SecretSettings['mounts']): {
  readonly read: (path: readonly string[]) => Promise<string | undefined>;
  readonly stores: Readonly<Record<'files' | 'links' | 'environment' | 'vault', Store>>;
  /** The directory of the files. */
  readonly root: string;
} {
  const directory = mkdtempSync(join(tmpdir(), 'one-reference-'));
  directories.push(directory);
  const root = join(directory, 'files');
  mkdirSync(join(root, '..data'), { recursive: true });
  const env: NodeJS.ProcessEnv = {};
  const settings = secretSettingsSchema.parse({
    vault: { file: join(directory, 'vault.json'), keyFile: join(directory, 'vault.key') },
    files: { directory: root },
    environment: { enabled: true },
    mounts,
  });
  const opening = openProviders(settings, providerDeps({ env }));
  const file = (at: string, value: string): void =>
    tryTo(() => {
      mkdirSync(dirname(join(root, at)), { recursive: true });
      writeFileSync(join(root, at), value);
    });
  return {
    root,
    read: async (segments) => {
      const provider = await opening;
      return provider.read(segments, signal).then(
        (secret) => secret?.reveal(),
        () => undefined,
      );
    },
    stores: {
      files: file,
      links: (name, value) => {
        file(`..data/${name}`, value);
        tryTo(() => symlinkSync(join(root, '..data', name), join(root, name)));
        tryTo(() =>
          symlinkSync(
            join(root, '..data', name),
            join(root, name.replaceAll('/', '.').toLowerCase()),
          ),
        );
      },
      environment: (name, value) =>
        void (env[
          `HYBRID_SECRET_${name.toUpperCase().replaceAll('/', '__').replace(/[-.]/g, '_')}`
        ] = value),
      vault: async (name, value) =>
        void (await openVault(settings.vault).set(name.split('/'), value, signal)),
    },
  };
}

describe('two different references', () => {
  it.each(['files', 'links', 'environment', 'vault'] as const)(
    'never reach the same secret of the provider: %s',
    async (kind) => {
      let read = 0;
      await fc.assert(
        fc.asyncProperty(paths, paths, mountLists, async (stored, requested, mounts) => {
          const { read: readAt, stores } = openAll(mounts);
          for (const [index, segments] of stored.entries()) {
            for (const name of kind === 'files' || kind === 'links'
              ? new Set([segments.join('/'), segments.join('.')])
              : [segments.join('/')])
              await stores[kind](name, `value ${index} of ${name}`);
          }
          const prefixes = [[], ...mounts.map(({ prefix }) => prefix.slice(1).split('/'))];
          const references = new Map(
            [...stored, ...requested]
              .flatMap((segments) => prefixes.map((prefix) => [...prefix, ...segments]))
              .map((segments) => [segments.join('/'), segments]),
          );
          const reached = new Map<string, string>();
          for (const [reference, segments] of references) {
            const value = await readAt(segments);
            if (value === undefined) continue;
            read += 1;
            expect([reference, reached.get(value)]).toEqual([reference, undefined]);
            reached.set(value, reference);
          }
        }),
        { numRuns: { vault: 10, files: 60, links: 60, environment: 300 }[kind] },
      );
      expect(read).toBeGreaterThan(20);
    },
  );

  it('never share a file of several spellings', async () => {
    const { read, stores } = openAll([]);
    await stores.files('sf.prod.password', 'production');
    expect([
      await read(['sf', 'prod', 'password']),
      await read(['sf', 'prod.password']),
      await read(['sf.prod', 'password']),
      await read(['sf.prod.password']),
    ]).toEqual(['production', undefined, undefined, undefined]);
  });

  it('never share a file through a link from one place to another', async () => {
    const { read, stores, root } = openAll([]);
    await stores.files('sf/prod/password', 'production');
    symlinkSync(join(root, 'sf', 'prod', 'password'), join(root, 'alias'));
    expect([await read(['sf', 'prod', 'password']), await read(['alias'])]).toEqual([
      'production',
      undefined,
    ]);
  });

  it('never share a variable of several spellings', async () => {
    const { read, stores } = openAll([]);
    await stores.environment('sf/prod/the-password', 'production');
    expect(await read(['sf', 'prod', 'the-password'])).toBe('production');
    for (const other of [
      ['SF', 'prod', 'the-password'],
      ['sf', 'prod', 'the_password'],
      ['sf', 'prod', 'the.password'],
      ['sf__prod', 'the-password'],
      ['sf--prod', 'the-password'],
    ])
      expect(await read(other)).toBeUndefined();
  });
});
