import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The notice about the packages in the bundle: names and versions for audits, and the license texts
 * that they require.
 */
export function thirdPartyNotice(root, inputs) {
  const notices = packagesOf(inputs).map((directory) => notice(join(root, directory)));
  return `This program contains the following packages.\n\n${notices.toSorted().join('\n')}`;
}

/** The package directories of the bundled files. */
function packagesOf(inputs) {
  const directories = Object.keys(inputs).flatMap(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [],
  );
  return [...new Set(directories)];
}

function notice(directory) {
  const { name, version, license } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return [`=== ${name} ${version} (${license})`, '', ...texts, ''].join('\n');
}
