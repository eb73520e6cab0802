import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';

const MAX_BYTES = 16 * 1024;
const LINE =
  /^(?<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(?<value>[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;

/**
 * HTTP headers of a file that only its owner can read: a line `Name: value` each; empty lines and
 * lines that begin with # are ignored. Throws FILE_UNSAFE, FILE_UNREADABLE, and INPUT_INVALID
 * without the text of a line.
 */
export async function readHeadersFile(path: string): Promise<Readonly<Record<string, string>>> {
  const content = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_BYTES });
  if (content === undefined)
    throw new RunnerError('FILE_UNREADABLE', `the headers file ${path} does not exist`);
  const lines = content.toString('utf8').split(/\r?\n/);
  return Object.fromEntries(
    lines.flatMap((line, index) => {
      if (line.trim() === '' || line.startsWith('#')) return [];
      const { name, value } = LINE.exec(line.trim())?.groups ?? {};
      if (name === undefined || value === undefined)
        throw new RunnerError('INPUT_INVALID', `line ${index + 1} of ${path} is not a header`, {
          remedy: 'Write a line "Name: value" for each header.',
        });
      return [[name.toLowerCase(), value]];
    }),
  );
}
