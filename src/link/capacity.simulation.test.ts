import { describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../test/support/link/scripted-workers.ts';
import { seededNumbers } from '../../test/support/link/seeded-numbers.ts';
import { runs, seed as first } from '../../test/support/property-runs.ts';

const CAPACITY = 2;

/**
 * Runs a control plane that offers too much, reassigns runs and cuts the link, with workers that
 * end late. Returns the number of workers.
 */
async function overload(seed: number): Promise<number> {
  const random = seededNumbers(seed);
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

describe('a link under too many offers', () => {
  it.each(Array.from({ length: runs(20) }, (_, index) => first + index))(
    'never runs more worker processes than its capacity (seed %i)',
    async (seed) => {
      expect(await overload(seed)).toBeGreaterThan(CAPACITY);
    },
  );
});
