import type { Readable } from 'node:stream';
import type { Logger } from '../../../foundation/src/logging/logger.ts';

// Invariant: no text from a worker's output streams is logged. The worker redacts what its code
// prints and sends it as a message. Text that arrives here comes from Node or V8, in a crash for
// example, and can contain any part of the worker's memory.

const HEAP = 'Allocation failed - JavaScript heap out of memory';

/**
 * Whole lines that explain a crash. They are constants of Node and V8, and the text of this list is
 * logged, not that of the stream.
 */
const KNOWN_LINES: ReadonlySet<string> = new Set(
  [
    ...[
      'Reached heap limit',
      'Ineffective mark-compacts near heap limit',
      'CALL_AND_RETRY_LAST',
      'invalid array length',
      'NewSpace::EnsureCurrentCapacity',
      'MarkCompactCollector: young object promotion failed',
    ].map((cause) => `FATAL ERROR: ${cause} ${HEAP}`),
    'FATAL ERROR: Zone Allocation failed - process out of memory',
    'FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal',
    "  code: 'ERR_MODULE_NOT_FOUND',",
    "  code: 'MODULE_NOT_FOUND',",
    "  code: 'ERR_DLOPEN_FAILED',",
  ].map((line) => line.trim()),
);

const LONGEST_KNOWN = Math.max(...[...KNOWN_LINES].map(({ length }) => length));

/**
 * Reads an output stream of a worker to its end. Logs the known lines in it and the number of its
 * bytes. Never throws.
 */
export async function logWorkerOutput(
  stream: Readable,
  name: 'stdout' | 'stderr',
  logger: Logger,
): Promise<void> {
  const known = new Set<string>();
  let bytes = 0;
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const lines = (rest + chunk.toString()).split('\n');
      for (const line of lines) if (KNOWN_LINES.has(line.trim())) known.add(line.trim());
      // A line that is longer than any known line needs no more text.
      rest = lines.at(-1)!.slice(0, 2 * LONGEST_KNOWN);
    }
  } catch {
    // The pipe broke. The exit of the worker is reported separately.
  }
  for (const reason of known) logger.log('error', 'worker process crashed', { reason });
  if (bytes > 0)
    logger.log('warn', 'withheld unexpected output of a worker process', {
      stream: name,
      bytes,
    });
}
