import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { createAuditTrail } from '../../src/audit/trail.ts';

/* Records events without end, and prints the number of each once it is durable. */
const [directory = '', name = ''] = process.argv.slice(2);
const trail = createAuditTrail({
  directory,
  disk: nodeDisk,
  clock: systemClock,
  maxFileBytes: 4_000,
});
for (let count = 1; ; count++) {
  await trail.record({ event: 'test', program: name, count });
  process.stdout.write(`${count}\n`);
}
