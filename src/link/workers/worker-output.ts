import type { Readable } from 'node:stream';
import type { Logger } from '../../observability/logger.ts';

// What must never break: no text that comes from a worker's output streams is logged. What the worker's code prints, the
// worker redacts and sends as a message; what arrives here was written by Node or V8 in a crash, or around that, and can
// hold anything of the worker's memory.

const HEAP = 'Allocation failed - JavaScript heap out of memory';

/** Whole lines by which a crash explains itself. They are constants of Node and V8, and what is logged is this list's own text. */
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

/** Reads an output stream of a worker process to its end. Logs which of the known lines were in it, and how many bytes there were. Never throws. */
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
      // A line that is already longer than any known one stays so.
      rest = lines.at(-1)!.slice(0, 2 * LONGEST_KNOWN);
    }
  } catch {
    // The pipe broke; that the worker is gone is reported by its exit.
  }
  for (const reason of known) logger.log('error', 'worker process crashed', { reason });
  if (bytes > 0)
    logger.log('warn', 'the worker process wrote unexpected output: withheld', {
      stream: name,
      bytes,
    });
}
