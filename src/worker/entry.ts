import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** Path of the worker's program, in the bundle or among the sources. */
export function workerEntry(): string {
  for (
    let directory = import.meta.dirname;
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    const candidates = [join(directory, 'worker/main.js'), join(directory, 'worker/main.ts')];
    const found = candidates.find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  throw new RunnerError('INTERNAL', 'the worker program is missing from this installation');
}
