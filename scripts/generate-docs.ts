import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConnectors } from '../src/connectors/registry.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../src/cli/documents/completions.ts';
import { configurationDocument } from '../src/cli/documents/configuration.ts';
import { errorsDocument } from '../src/cli/documents/errors.ts';
import { manPage } from '../src/cli/documents/man-page.ts';
import { FINAL_EXIT_CODES } from '../src/cli/exit-codes.ts';
import { packagedUnit } from '../src/service/systemd.ts';

await loadConnectors();

/**
 * Generates files from the tables in the sources. With `--check` it changes nothing and fails if a
 * file is not up to date.
 */
const root = join(import.meta.dirname, '..');
const generated: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationDocument,
  'docs/errors.md': errorsDocument,
  'packaging/man/hybrid-runner.1': manPage,
  'packaging/completions/hybrid-runner.bash': bashCompletion,
  'packaging/completions/_hybrid-runner': zshCompletion,
  'packaging/completions/hybrid-runner.fish': fishCompletion,
  'packaging/systemd/hybrid-runner.service': () => packagedUnit(FINAL_EXIT_CODES),
};

function current(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

const stale = Object.entries(generated).filter(([path, make]) => current(path) !== make());
if (!process.argv.includes('--check')) {
  for (const [path, make] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), make());
  }
  process.stdout.write(
    stale.length === 0 ? 'all up to date\n' : `wrote ${stale.map(([path]) => path).join(', ')}\n`,
  );
} else if (stale.length > 0) {
  process.stderr.write(
    `not up to date: ${stale.map(([path]) => path).join(', ')}; run npm run docs\n`,
  );
  process.exitCode = 1;
}
