import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { untilAborted } from '../../../foundation/src/runtime/abort.ts';
import { liesIn } from '../../../foundation/src/runtime/directory-overlap.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readInside, realRoot, type SecretFile } from '../file-below.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference, parseReference, type SecretPath } from '../reference.ts';
import { Secret } from '../secret.ts';
import { type ListedSecret, optionalPathSetting, providerKind } from './provider-kind.ts';

// Invariant: no two references reach the same file. The one reference of a file is spelled by its
// real path below the directory; the file is read for no other reference.

export const filesProvider = providerKind({
  settings: {
    directory: optionalPathSetting({
      flag: '--secret-files',
      default: {
        description: '`$CREDENTIALS_DIRECTORY` (systemd), else unset',
        resolve: ({ credentialsDir }) => credentialsDir,
      },
      description:
        'Directory with one file per secret: Docker and Kubernetes secrets, systemd credentials.',
      holdsSecrets: true,
    }),
  },
  open: async ({ directory }, { sealing }) => {
    if (directory === undefined) return undefined;
    await assertApart(directory, sealing?.file);
    return createFilesProvider(directory);
  },
  list: async ({ directory }, _deps, signal) =>
    directory === undefined ? undefined : untilAborted(listFiles(directory), signal),
});

/** Throws CONFIG_INVALID: a job could send the key that opens identity and vault. */
async function assertApart(directory: string, sealingFile: string | undefined): Promise<void> {
  if (sealingFile === undefined || !(await liesIn(sealingFile, directory))) return;
  throw new RunnerError(
    'CONFIG_INVALID',
    `${sealingFile} is in ${directory}, where jobs read secrets, and opens the sealed keys`,
    { remedy: 'Put it elsewhere, and change sealing.keyFile or sealing.passphraseFile.' },
  );
}

/**
 * A directory with one file per secret, as Docker (/run/secrets), Kubernetes (a volume with its
 * `..data` link) and systemd ($CREDENTIALS_DIRECTORY) provide it. The reference of a file is its
 * path with each dot read as a slash: `a/b`, or flat `a.b`, is `/a/b`. A reference that could mean
 * the file of another is SECRET_UNAVAILABLE. Files are opened at each read, so a swapped volume is
 * used at once. Throws what `readInside` throws.
 */
export function createFilesProvider(directory: string): SecretProvider {
  return {
    name: 'files',
    read: async (path, signal) => {
      assertNoDots(path);
      return untilAborted(readReferenced(directory, path), signal);
    },
  };
}

function assertNoDots(path: SecretPath): void {
  const dotted = path.find((segment) => segment.includes('.'));
  if (dotted === undefined) return;
  const other = formatReference(path.flatMap((segment) => segment.split('.')));
  throw unavailable(
    `segment ${dotted} has a dot, which stands for a slash in the name of a file; use ${other}`,
  );
}

async function readReferenced(directory: string, path: SecretPath): Promise<Secret | undefined> {
  const root = await realRoot(directory);
  const files = await Promise.all(
    spellings(path).map((name) => readInside(root, join(root, name))),
  );
  const found = files.filter((file) => file !== undefined);
  const file = onlyFile(formatReference(path), [
    ...new Map(found.map((each) => [each.place, each])).values(),
  ]);
  return file === undefined ? undefined : new Secret(file.text, file.version);
}

/** Every way to write the path with slashes or dots between its segments; nested first. */
function spellings([first = '', ...rest]: SecretPath): string[] {
  return rest.reduce(
    (names, segment) => [
      ...names.map((name) => `${name}${sep}${segment}`),
      ...names.map((name) => `${name}.${segment}`),
    ],
    [first],
  );
}

/** Throws SECRET_UNAVAILABLE for files that another reference could reach. */
function onlyFile(reference: string, found: readonly SecretFile[]): SecretFile | undefined {
  const foreign = found.find(({ place }) => referenceOf(place) !== reference);
  if (foreign !== undefined)
    throw unavailable(
      `${reference} is a link to ${foreign.place}, which has another reference; put the file itself there`,
    );
  if (found.length > 1) {
    const places = found.map(({ place }) => place).join(', ');
    throw unavailable(`several files have the reference ${reference}: ${places}; keep one of them`);
  }
  const linked = found.find(({ links }) => links > 1);
  if (linked !== undefined)
    throw unavailable(`${linked.place} has ${linked.links} hard links; replace it with a copy`);
  return found[0];
}

/**
 * The reference that a real path spells. Kubernetes keeps generations in directories that start
 * with a dot; they do not count.
 */
function referenceOf(place: string): string {
  return formatReference(
    place
      .split(sep)
      .filter((part) => !part.startsWith('.'))
      .flatMap((part) => part.split('.')),
  );
}

function unavailable(message: string): RunnerError {
  return new RunnerError('SECRET_UNAVAILABLE', message);
}

const MAX_DEPTH = 8;

/** The secrets whose files are below the directory. Hidden names do not count. */
async function listFiles(directory: string): Promise<readonly ListedSecret[]> {
  const root = await realRoot(directory);
  const places = await filesBelow(root, [], MAX_DEPTH);
  const references = new Set(places.map(referenceOf));
  const paths = [...references].flatMap((reference) => {
    const path = parseReference(reference);
    return path === undefined ? [] : [path];
  });
  return Promise.all(paths.map((path) => listFile(directory, path)));
}

async function listFile(directory: string, path: SecretPath): Promise<ListedSecret> {
  try {
    await readReferenced(directory, path);
    return { path };
  } catch (thrown) {
    return { path, error: RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED') };
  }
}

async function filesBelow(
  root: string,
  parents: readonly string[],
  depth: number,
): Promise<readonly string[]> {
  const names = await readdir(join(root, ...parents));
  const found = names
    .filter((name) => !name.startsWith('.'))
    .map(async (name): Promise<readonly string[]> => {
      const place = [...parents, name];
      const stats = await stat(join(root, ...place)).catch(() => undefined);
      if (stats?.isFile() === true) return [place.join(sep)];
      return stats?.isDirectory() === true && depth > 1 ? filesBelow(root, place, depth - 1) : [];
    });
  return (await Promise.all(found)).flat();
}
