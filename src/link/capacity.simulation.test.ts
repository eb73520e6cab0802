import { describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../test/support/link/scripted-workers.ts';
import { runs, seed as first } from '../../test/support/property-runs.ts';

const CAPACITY = 2;

/** A small generator of its own, so that a seed names one course of events. */
function generator(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) % 2 ** 32;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A control plane that offers without counting, takes runs away and cuts the link, and workers that take their time to die. */
async function greed(seed: number): Promise<number> {
  const random = generator(seed);
  const stage = await new LinkStage({ capacity: CAPACITY }).start().untilConnected();
  const { controlPlane, workers } = stage;
  workers.script = (worker) => {
    worker.mortal = random(2) === 0;
    worker.obedient = random(3) > 0;
  };
  const epochs = [1, 1, 1, 1];
  for (let step = 0; step < 80; step++) {
    const run = random(epochs.length);
    const offered = ref(`run-${run}`, 1, epochs[run]);
    const dice = random(10);
    if (dice < 4) await controlPlane.offer(offered).catch(() => undefined);
    else if (dice === 4) epochs[run]! += 1;
    else if (dice === 5)
      await controlPlane
        .send({ kind: 'cancel', body: { ref: offered, reason: 'enough' } })
        .catch(() => undefined);
    else if (dice === 6) controlPlane.lost = [offered];
    else if (dice === 7) await controlPlane.channel.close('cut');
    else
      for (const worker of workers.started.filter(({ alive }) => alive && random(3) === 0))
        end(worker);
    await stage.clock.advance(random(3_000));
    expect(
      workers.started.filter(({ alive }) => alive).length,
      `worker processes at step ${step}`,
    ).toBeLessThanOrEqual(CAPACITY);
  }
  workers.script = () => undefined;
  await stage.close();
  return workers.started.length;
}

function end(worker: ScriptedWorker): void {
  if (worker.killed) worker.exit();
  else worker.finish();
}

describe('whatever a control plane offers', () => {
  it.each(Array.from({ length: runs(20) }, (_, index) => first + index))(
    'there are never more worker processes than places (seed %i)',
    async (seed) => {
      expect(await greed(seed)).toBeGreaterThan(CAPACITY);
    },
  );
});
