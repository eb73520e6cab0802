import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ControlPlaneError } from '../runtime/errors.ts';

const MAX_BYTES = 16 * 1024;
const LINE =
  /^(?<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(?<value>[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;
const OTHERS = 0o077;
const GROUP_MAY_READ = 0o040;

/**
 * HTTP headers of a file that only its owner can read: a line `Name: value` each; empty lines and
 * lines that begin with # are ignored. Throws USAGE without the text of a line.
 */
export async function readHeadersFile(path: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readPrivate(path)).split(/\r?\n/);
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      if (line.trim() === '' || line.startsWith('#')) return [];
      const { name, value } = LINE.exec(line.trim())?.groups ?? {};
      if (name === undefined || value === undefined)
        throw unusable(`line ${index + 1} of ${path} is not a header`, {
          remedy: 'Write a line "Name: value" for each header.',
        });
      return [[name.toLowerCase(), value]];
    }),
  );
}

async function readPrivate(path: string): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MAX_BYTES)
      throw unusable(`${path} is not a small regular file`);
    // Root may give a service access through the group of the file, as systemd and Kubernetes do.
    const closedTo =
      stats.uid === 0 && process.getuid?.() !== 0 ? OTHERS & ~GROUP_MAY_READ : OTHERS;
    const isForeign = stats.uid !== 0 && stats.uid !== process.getuid?.();
    if (process.platform !== 'win32' && (isForeign || (stats.mode & closedTo) !== 0))
      throw unusable(`others can read ${path}`, { remedy: `Run \`chmod 600 ${path}\`.` });
    return await file.readFile('utf8');
  } catch (thrown) {
    if (thrown instanceof ControlPlaneError) throw thrown;
    throw unusable(`failed to read headers file ${path}`, { cause: thrown });
  }
}

function unusable(
  message: string,
  options: { readonly remedy?: string; readonly cause?: unknown } = {},
): ControlPlaneError {
  return new ControlPlaneError('USAGE', message, {
    remedy: 'Check the file of --otlp-headers-file.',
    ...options,
  });
}
