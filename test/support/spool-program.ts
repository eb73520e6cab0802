import { writeSync } from 'node:fs';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';

/**
 * Appends records endlessly to a spool from a sequence on (arguments), and prints each durable
 * sequence.
 */
const [directory = '', next = '1'] = process.argv.slice(2);

const writer = new SpoolWriter({
  disk: nodeDisk,
  directory,
  clock: systemClock,
  next: Number(next),
  segmentBytes: 64 * 1024,
  groupBytes: 8 * 1024,
  groupMs: 2,
  pendingBytes: 32 * 1024,
});
// Written synchronously, so that the output is complete when the process is killed.
writer.onDurable((sequence) => writeSync(1, `${sequence}\n`));
for (let sequence = Number(next); ; sequence++) {
  await writer.append(
    Buffer.from(`${sequence} ${'x'.repeat((sequence * 37) % 900)}\n`),
    { last: false },
    NEVER,
  );
}
