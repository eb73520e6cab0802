import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isEnded } from '../src/runs/run.ts';
import { startPipeline } from '../src/runs/start-run.ts';
import { ControlPlaneError } from '../src/runtime/errors.ts';
import type { ScheduledStarter } from '../src/schedules/starter.ts';
import { cronFields, daysOfChange } from './cron-arbitraries.ts';
import { expressionOf, MINUTE_MS, slotsByWalking } from './cron-oracle.ts';
import { ScheduleStage } from './schedule-stage.ts';

const runs = Math.round(25 * Number(process.env['PROPERTY_RUNS'] ?? 1));
const seed = Number(process.env['TEST_SEED'] ?? 1);
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const RETRIES = 2;

type Action =
  | { readonly do: 'pass' | 'jump'; readonly ms: number }
  | { readonly do: 'end'; readonly state: 'success' | 'failed' | 'cancelled' }
  | { readonly do: 'starts'; readonly how: 'work' | 'fail' | 'hang' }
  | { readonly do: 'stop' | 'kill' | 'run' | 'start' | 'pause' | 'resume' | 'save' };

const passing = fc
  .integer({ min: 1, max: 90 * 60 })
  .map((seconds) => ({ do: 'pass' as const, ms: seconds * 1000 }));
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: passing },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: -2 * DAY_MS, max: 2 * DAY_MS })
      .map((ms) => ({ do: 'jump' as const, ms })),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: -90_000, max: 90_000 }).map((ms) => ({ do: 'jump' as const, ms })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('success' as const, 'failed' as const, 'cancelled' as const)
      .map((state) => ({ do: 'end' as const, state })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('work' as const, 'fail' as const, 'hang' as const)
      .map((how) => ({ do: 'starts' as const, how })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        ...(['stop', 'kill', 'run', 'start', 'start', 'pause', 'resume', 'save'] as const),
      )
      .map((name) => ({ do: name })),
  },
);

/** A control plane whose processes, clock, runs and starts do what they like. */
class Play {
  readonly stage: ScheduleStage;
  readonly #settings: object;
  readonly #starter: ScheduledStarter;
  #isUp = false;
  /** A slot after this time has not been passed over, unless the clock was set back. */
  quietSince: number;
  wasSetBack = false;

  constructor(stage: ScheduleStage, settings: object) {
    this.stage = stage;
    this.#settings = settings;
    this.#starter = stage.starter;
    this.quietSince = stage.clock.now();
  }

  async act(action: Action): Promise<void> {
    const { stage } = this;
    switch (action.do) {
      case 'pass':
        return stage.clock.pass(action.ms);
      case 'jump':
        stage.clock.jump(action.ms);
        this.wasSetBack ||= action.ms < 0;
        return;
      case 'end':
        return stage.endRuns(action.state);
      case 'starts':
        stage.starter = this.#startersBy[action.how];
        return;
      case 'save':
        return stage.schedule({ ...this.#settings, ...(await this.#paused()) });
      case 'pause':
        return stage.schedule({ ...this.#settings, paused: true });
      case 'resume':
        this.quietSince = Math.max(stage.clock.now(), this.quietSince);
        return stage.schedule(this.#settings);
      case 'run':
        await startPipeline(stage.deps, 'crm');
        return;
      case 'stop':
      case 'kill':
        this.#isUp = false;
        return stage.killScheduler();
      case 'start':
        if (!this.#isUp) await stage.startScheduler();
        this.#isUp = true;
    }
  }

  get #startersBy(): Record<'work' | 'fail' | 'hang', ScheduledStarter> {
    return {
      work: this.#starter,
      fail: () => Promise.reject(new ControlPlaneError('CONFLICT', 'away')),
      hang: () => new Promise(() => undefined),
    };
  }

  async #paused(): Promise<{ readonly paused: boolean }> {
    const schedule = await this.stage.store.read.schedules.get('crm');
    return { paused: schedule?.paused === true };
  }
}

/** What holds at every moment. */
async function check(stage: ScheduleStage, walked: readonly number[]): Promise<void> {
  const all = await stage.runs();
  const scheduled = all.flatMap(({ slot, ...run }) => (slot === null ? [] : [{ ...run, slot }]));
  const keys = scheduled.map(({ slot }) => `${slot.at} ${slot.retry}`);
  expect(new Set(keys).size, 'a slot started twice').toBe(keys.length);
  for (const { slot, queuedAt } of scheduled) {
    expect(slot.retry).toBeLessThanOrEqual(RETRIES);
    if (slot.retry === 0)
      expect(new Date(slot.at).toISOString(), 'a slot that was not the last one').toBe(
        new Date(walked.findLast((one) => one <= queuedAt) ?? 0).toISOString(),
      );
    else
      expect(
        scheduled.some(
          ({ slot: { at, retry }, status }) =>
            at === slot.at && retry === slot.retry - 1 && status.state === 'failed',
        ),
        'a repetition without a failure',
      ).toBe(true);
  }
  const active = all.filter(({ status }) => !isEnded(status));
  const manual = active.filter(({ slot }) => slot === null);
  expect(active.length - manual.length, 'two scheduled runs at once').toBeLessThanOrEqual(1);
}

it('starts each slot at most once, and the last one that passed exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(
      cronFields,
      daysOfChange,
      fc.array(action, { minLength: 5, maxLength: 25 }),
      async (fields, { timezone, day }, actions) => {
        const stage = new ScheduleStage(day - 3 * HOUR_MS);
        try {
          const walked = slotsByWalking(fields, timezone, day - 8 * DAY_MS, day + 8 * DAY_MS);
          await stage.prepare();
          const settings = {
            expression: expressionOf(fields),
            timezone,
            retries: RETRIES,
            retryDelayMs: 5 * MINUTE_MS,
          };
          await stage.schedule(settings);
          const play = new Play(stage, settings);
          for (const one of actions) {
            await play.act(one);
            fc.pre(Math.abs(stage.clock.now() - day) < 7 * DAY_MS);
            await check(stage, walked);
          }
          await calm(play);
          if (!play.wasSetBack) await checkLast(play, walked);
          play.quietSince = stage.clock.now();
          await play.act({ do: 'stop' });
          await play.act({ do: 'pass', ms: 90 * MINUTE_MS });
          await calm(play);
          await check(stage, walked);
          await checkLast(play, walked);
        } finally {
          await stage.close();
        }
      },
    ),
    { numRuns: runs, seed },
  );
});

/** The last slot has started, unless it lies before what this play knows. */
async function checkLast({ stage, quietSince }: Play, walked: readonly number[]): Promise<void> {
  const last = walked.findLast((slot) => slot <= stage.clock.now() - 2 * MINUTE_MS);
  if (last === undefined || last <= quietSince) return;
  const started = (await stage.runs()).filter(({ slot }) => slot?.at === last && slot.retry === 0);
  expect(started.length, `runs of the last slot, ${new Date(last).toISOString()}`).toBe(1);
}

/** A while in which everything works and every run succeeds. */
async function calm(play: Play): Promise<void> {
  await play.act({ do: 'stop' });
  await play.act({ do: 'starts', how: 'work' });
  const schedule = await play.stage.store.read.schedules.get('crm');
  if (schedule?.paused === true) await play.act({ do: 'resume' });
  await play.act({ do: 'start' });
  for (let minutes = 0; minutes < 12; minutes++) {
    await play.act({ do: 'end', state: 'success' });
    await play.act({ do: 'pass', ms: MINUTE_MS });
  }
}
