import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const CHECKSUMS = 'SHA256SUMS';

/** Those of all artifacts in a directory, as `sha256sum --check` reads them. Returns the text. */
export function writeChecksums(directory: string): string {
  const lines = readdirSync(directory)
    .filter((name) => name.startsWith('hybrid-'))
    .toSorted()
    .map((name) => `${sha256(join(directory, name))}  ${name}\n`);
  writeFileSync(join(directory, CHECKSUMS), lines.join(''));
  return lines.join('');
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
