import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import type { Progress } from '../../foundation/src/domain/progress.ts';
import { RunProgress } from './run-progress.ts';

describe('the progress of a run', () => {
  it('is that of the sink once the extraction reports none', async () => {
    const clock = new SimulatedClock();
    const reported: Progress[] = [];
    const progress = new RunProgress((each) => reported.push(each), clock);
    const extracted = { phase: 'describe', done: 1, total: 9, apiCalls: 4 };
    const arriving = { tables: { received: 9, done: 2 }, counts: {} };
    progress.fromSource(extracted);
    progress.fromSink(arriving);
    await clock.advance(1_000);
    progress.fromSink(arriving);
    expect(reported).toEqual([
      extracted,
      { phase: 'tables in OpenMetadata', done: 2, total: 9, apiCalls: 4 },
    ]);
  });
});
