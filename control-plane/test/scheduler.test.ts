import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPipeline } from '../src/runs/start-run.ts';
import { ControlPlaneError } from '../src/runtime/errors.ts';
import { ScheduleStage } from './schedule-stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-01-05T10:30:00Z');
let stage: ScheduleStage;

beforeEach(async () => {
  stage = new ScheduleStage(START);
  await stage.prepare();
});
afterEach(() => stage.close());

/** Lets time pass; every run ends within some minutes. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5 * MINUTE) {
    await stage.clock.pass(Math.min(left, 5 * MINUTE));
    await stage.endRuns();
  }
}

describe('a schedule', () => {
  it('starts a run at each slot, for the pool of the service', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly' });
    await pass(3 * HOUR);
    expect(await stage.slots()).toEqual([
      '2026-01-05T11:00',
      '2026-01-05T12:00',
      '2026-01-05T13:00',
    ]);
    expect((await stage.runs())[0]).toMatchObject({
      pipeline: 'crm',
      pool: 'eu',
      queuedAt: Date.parse('2026-01-05T11:00:00Z'),
    });
  });

  it('starts nothing while paused, and catches nothing up when resumed', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly', paused: true });
    await pass(3 * HOUR);
    await stage.schedule({ expression: '@hourly' });
    await pass(HOUR);
    expect(await stage.slots()).toEqual(['2026-01-05T14:00']);
  });

  it('starts only what lies between its start and its end', async () => {
    await stage.startScheduler();
    const hour = (text: string) => Date.parse(`2026-01-05T${text}:00Z`);
    await stage.schedule({ expression: '@hourly', startAt: hour('12:00'), endAt: hour('13:00') });
    await pass(5 * HOUR);
    expect(await stage.slots()).toEqual(['2026-01-05T12:00', '2026-01-05T13:00']);
  });

  it('runs @once once, also after it is saved again', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@once' });
    await pass(2 * MINUTE);
    await stage.schedule({ expression: '@once', retries: 1 });
    await pass(HOUR);
    expect(await stage.slots()).toEqual(['2026-01-05T10:30']);
  });

  it('follows a change of its times', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@yearly' });
    await pass(10 * MINUTE);
    await stage.schedule({ expression: '45 10 * * *' });
    await pass(10 * MINUTE);
    expect(await stage.slots()).toEqual(['2026-01-05T10:45']);
  });
});

describe('a slot that comes due', () => {
  it('waits while a run of the pipeline is active; of several, the last one starts', async () => {
    await stage.startScheduler();
    await startPipeline(stage.deps, 'crm');
    await stage.schedule({ expression: '@hourly' });
    await stage.clock.pass(2.25 * HOUR);
    expect(await stage.slots()).toEqual(['manual']);
    await stage.endRuns();
    expect(await stage.slots()).toEqual(['manual', '2026-01-05T12:00']);
    await pass(HOUR);
    expect(await stage.slots()).toEqual(['manual', '2026-01-05T12:00', '2026-01-05T13:00']);
  });

  it('while the control plane is down starts once, the last one only', async () => {
    await stage.schedule({ expression: '@hourly' });
    await stage.clock.pass(4.25 * HOUR);
    await stage.startScheduler();
    expect(await stage.slots()).toEqual(['2026-01-05T14:00']);
    await stage.stopScheduler();
    await stage.endRuns();
    await stage.startScheduler();
    await pass(10 * MINUTE);
    expect(await stage.slots()).toEqual(['2026-01-05T14:00']);
  });

  it('starts once within a minute of a forward clock jump, and not again when the clock is set back', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly' });
    stage.clock.jump(24 * HOUR);
    await pass(2 * MINUTE);
    expect(await stage.slots()).toEqual(['2026-01-06T10:00']);
    stage.clock.jump(-24 * HOUR);
    await pass(23.75 * HOUR);
    expect(stage.deps.startFailures.get('crm')).toBeUndefined();
    await pass(1.25 * HOUR);
    const slots = await stage.slots();
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.slice(0, 3)).toEqual(['2026-01-06T10:00', '2026-01-05T11:00', '2026-01-05T12:00']);
    expect(slots.at(-1)).toBe('2026-01-06T11:00');
  });

  it('stays due when a start is cut off, and starts after the restart', async () => {
    const { starter } = stage;
    stage.starter = () => new Promise(() => undefined);
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly' });
    await stage.clock.pass(HOUR);
    await stage.killScheduler();
    stage.starter = starter;
    await stage.startScheduler();
    expect(await stage.slots()).toEqual(['2026-01-05T11:00']);
  });

  it('does not start when the schedule is changed while it is being started', async () => {
    const { starter } = stage;
    let go: () => void = () => undefined;
    stage.starter = async (...call) => {
      await new Promise<void>((resolve) => (go = resolve));
      await starter(...call);
    };
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly' });
    await stage.clock.pass(HOUR);
    await stage.schedule({ expression: '@hourly', paused: true });
    go();
    await stage.clock.pass(HOUR);
    expect(await stage.slots()).toEqual([]);
    expect(stage.deps.startFailures.get('crm')).toBeUndefined();
  });
});

describe('a failed run of a slot', () => {
  it('is repeated after the delay, as often as the schedule says', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@daily', retries: 2, retryDelayMs: 10 * MINUTE });
    await stage.clock.pass(13.5 * HOUR + MINUTE);
    for (let time = 0; time < 5; time++) {
      await stage.endRuns(time === 0 ? 'expired' : 'failed');
      await stage.clock.pass(9 * MINUTE);
      const before = (await stage.runs()).length;
      await stage.clock.pass(2 * MINUTE);
      expect((await stage.runs()).length - before).toBe(time < 2 ? 1 : 0);
    }
    expect(await stage.slots()).toEqual([
      '2026-01-06T00:00',
      '2026-01-06T00:00 +1',
      '2026-01-06T00:00 +2',
    ]);
  });

  it.each(['success', 'partialSuccess', 'cancelled'] as const)(
    'is not repeated after %s',
    async (state) => {
      await stage.startScheduler();
      await stage.schedule({ expression: '@daily', retries: 2 });
      await stage.clock.pass(13.5 * HOUR + MINUTE);
      await stage.endRuns(state);
      await stage.clock.pass(HOUR);
      expect(await stage.slots()).toEqual(['2026-01-06T00:00']);
    },
  );

  it('gives way to the next slot', async () => {
    await stage.startScheduler();
    await stage.schedule({ expression: '@hourly', retries: 5, retryDelayMs: 2 * HOUR });
    await stage.clock.pass(31 * MINUTE);
    await stage.endRuns('failed');
    await stage.clock.pass(HOUR);
    await stage.endRuns();
    await stage.clock.pass(50 * MINUTE);
    expect(await stage.slots()).toEqual(['2026-01-05T11:00', '2026-01-05T12:00']);
  });
});

describe('a run that cannot be queued', () => {
  const refusal = new ControlPlaneError('CONFLICT', 'the server is away');

  it('is retried after growing pauses until it succeeds', async () => {
    const { starter } = stage;
    let tries = 0;
    stage.starter = async (...call) => {
      if (++tries < 5) throw refusal;
      await starter(...call);
    };
    await stage.startScheduler();
    await stage.schedule({ expression: '@daily' });
    await stage.clock.pass(13.5 * HOUR);
    expect(tries).toBe(1);
    expect(stage.deps.startFailures.get('crm')).toMatchObject({
      slot: Date.parse('2026-01-06T00:00:00Z'),
      error: { code: 'CONFLICT', message: 'the server is away' },
      retry: { now: Date.parse('2026-01-06T00:00:10Z') },
    });
    await stage.clock.pass(149_000);
    expect(tries).toBe(4);
    await stage.clock.pass(2_000);
    expect(await stage.slots()).toEqual(['2026-01-06T00:00']);
    expect(stage.deps.startFailures.get('crm')).toBeUndefined();
  });

  it('is abandoned after a day, stays visible, and the next slot starts', async () => {
    const { starter } = stage;
    stage.starter = () => Promise.reject(refusal);
    await stage.startScheduler();
    await stage.schedule({ expression: '0 0 */2 * *' });
    await stage.clock.pass(2.75 * 24 * HOUR);
    expect(stage.deps.startFailures.get('crm')).toMatchObject({
      slot: Date.parse('2026-01-07T00:00:00Z'),
      retry: null,
    });
    stage.starter = starter;
    await pass(12 * HOUR);
    expect(await stage.slots()).toEqual([]);
    await pass(8 * HOUR);
    expect(await stage.slots()).toEqual(['2026-01-09T00:00']);
  });

  it('is reported if the starter does not store its slot', async () => {
    stage.starter = async () => undefined;
    await stage.startScheduler();
    await stage.schedule({ expression: '@daily' });
    await stage.clock.pass(13.5 * HOUR);
    expect(stage.deps.startFailures.get('crm')).toMatchObject({ error: { code: 'INTERNAL' } });
  });

  it('shows that a managed pipeline has no starter', async () => {
    await stage.prepare({ endpoint: 'prod', id: '1' });
    await stage.startScheduler();
    await stage.schedule({ expression: '@daily' });
    await stage.clock.pass(13.5 * HOUR);
    expect(stage.deps.startFailures.get('crm')?.error.message).toContain('managed by OpenMetadata');
  });
});
