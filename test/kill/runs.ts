import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import { KillStage, VICTIMS } from '../support/kills.ts';
import { fractions, seed } from '../support/property-runs.ts';

const TIMEOUT = 120_000;
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 4);
/** Most of the duration of such a run. */
const LONGEST_MS = 3000;

export function describeKills(channel: NetworkChannel): void {
  describe(`kill -9 during a run over ${channel}`, () => {
    const random = fractions(seed + channel.length);
    let stage: KillStage;

    beforeAll(async () => {
      stage = await KillStage.open(channel, 150);
    }, TIMEOUT);
    afterAll(() => stage.close(), TIMEOUT);

    const kills = Array.from({ length: ROUNDS }, (_, round) =>
      VICTIMS.map((victim) => ({
        victim,
        round: round + 1,
        // The first kills are certain to hit a run.
        afterMs: round === 0 ? 0 : Math.floor(random() * LONGEST_MS),
      })),
    ).flat();

    it.each(kills)(
      'of the $victim after $afterMs ms leaves the result complete and without duplicates (round $round)',
      async ({ victim, afterMs }) => {
        const hit = await stage.kill(victim, afterMs);
        if (afterMs === 0) expect(hit).toBe(true);
      },
      TIMEOUT,
    );
  });
}
