import { array, assert, asyncProperty, double, integer, nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { recover, segments } from '../../src/spool/recover.ts';
import { segmentName } from '../../src/spool/segment.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import { runs } from '../support/property-runs.ts';
import { command } from '../support/spool-commands.ts';
import { directory, immediateClock, ModeledSpool, newSpoolDisk } from '../support/spool-model.ts';

describe('the spool, compared with a model', () => {
  it('keeps records over appends, reads, acknowledgements, full disks, restarts and crashes', async () => {
    await assert(
      asyncProperty(
        nat(),
        array(command, { minLength: 1, maxLength: 25 }),
        async (seed, commands) => {
          const spool = new ModeledSpool(await newSpoolDisk(seed));
          for (const step of commands) await spool.apply(step);
          await spool.end();
        },
      ),
      { numRuns: runs(250) },
    );
  });

  it('detects a flipped bit, and distinguishes damage from a torn tail', async () => {
    await assert(
      asyncProperty(
        array(integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 12 }),
        double({ min: 0, max: 0.999, noNaN: true }),
        async (sizes, where) => {
          const disk = await newSpoolDisk(1);
          const writer = new SpoolWriter({
            disk,
            directory,
            clock: immediateClock,
            segmentBytes: 800,
          });
          const lines = sizes.map((size, index) => Buffer.alloc(size, index + 1));
          for (const line of lines) {
            await writer.append(line, { last: false }, NEVER);
            await writer.flush(NEVER);
          }
          await writer.close();
          const firsts = await segments(disk, directory);
          const hit = firsts[Math.floor(where * firsts.length)]!;
          const path = `${directory}/${segmentName(hit)}`;
          disk.damage(path, Math.floor(where * (await (await disk.open(path, 'read')).size())));
          const found = await recover(disk, directory).catch((thrown: unknown) =>
            RunnerError.from(thrown),
          );
          // Only the last group can be taken for torn: no later record proves it durable.
          if (found instanceof RunnerError) expect(found.code).toBe('SPOOL_CORRUPT');
          else expect(found.durable).toBe(lines.length - 1);
          const saved = await recover(disk, directory, { salvage: true });
          const reader = new SpoolReader({ disk, directory, found: saved });
          const batch = await reader.read(1, Number.MAX_SAFE_INTEGER);
          expect(batch?.lines ?? []).toEqual(lines.slice(0, saved.durable));
        },
      ),
      { numRuns: runs(60) },
    );
  });
});
