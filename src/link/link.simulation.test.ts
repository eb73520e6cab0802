import { describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import { seededNumbers } from '../../test/support/link/seeded-numbers.ts';
import { runs, seed as first } from '../../test/support/property-runs.ts';
import type { Frame } from '../channel/frames.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

const RUNS = [ref('run-a'), ref('run-b'), ref('run-c')];

/**
 * Cuts, rejections, losses and restarts at random; then all faults end and everything is delivered.
 */
async function runWithFaults(seed: number): Promise<LinkStage> {
  const random = seededNumbers(seed);
  let stage = new LinkStage({ capacity: 3 });
  const { controlPlane, store } = stage;
  controlPlane.leaseTtlMs = 3_600_000;
  controlPlane.welcome = { creditBytes: 40_000 };
  controlPlane.onBatch = ({ ref: refused }): Frame | 'silence' | undefined => {
    const dice = random(20);
    if (dice === 0) return 'silence';
    if (dice === 1)
      return {
        kind: 'nack',
        body: { ref: refused, code: 'NACK_CODE_CORRUPT', expectedSequence: 0, message: '' },
      };
    return undefined;
  };
  await stage.start().untilConnected();
  for (const run of RUNS) await controlPlane.offer(run);
  await stage.until('started', () => stage.workers.started.length === 3);
  for (let step = 0; step < 60; step++) {
    for (const worker of stage.workers.started)
      if (!worker.outbox.complete) worker.write(random(20), random(3_000));
    await stage.clock.advance(random(400));
    controlPlane.acknowledges = random(4) > 0;
    stage.unreachable =
      random(8) === 0 ? new RunnerError('NETWORK_UNREACHABLE', 'no route') : undefined;
    if (random(6) === 0) await controlPlane.channel.close('cut');
    if (random(40) === 0) {
      await stage.close();
      stage = new LinkStage({ capacity: 3 }, store, stage).start();
    }
  }
  controlPlane.onBatch = () => undefined;
  controlPlane.acknowledges = true;
  stage.unreachable = undefined;
  for (const worker of stage.workers.started) if (!worker.outbox.complete) worker.finish();
  await stage.until('all delivered', () => store.held().length === 0, 500, 2_000);
  return stage;
}

describe('a link with cuts, rejections, lost acknowledgements and restarts', () => {
  it.each(Array.from({ length: runs(20) }, (_, index) => first + index))(
    'delivers every record once and in order (seed %i)',
    async (seed) => {
      const stage = await runWithFaults(seed);
      for (const outbox of stage.store.all) {
        const { lines, complete } = stage.controlPlane.stream(outbox.ref);
        expect(complete).toBe(true);
        expect(lines.map((line) => `${line}\n`)).toEqual(outbox.lines);
      }
      expect(stage.store.all.length).toBe(3);
      expect(stage.controlPlane.maxInFlight).toBeLessThanOrEqual(40_000);
      await stage.close();
    },
  );
});
