import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What goes with the bundle about the packages in it: names and versions for audits, licences because they ask for it. */
export function thirdPartyNotice(root, inputs) {
  const notices = packagesOf(inputs).map((directory) => notice(join(root, directory)));
  return `This program contains the following packages.\n\n${notices.toSorted().join('\n')}`;
}

/** Directories of packages, from the paths of the files that were bundled. */
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
