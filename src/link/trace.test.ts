import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import type { AttemptTrace, TracedAttempt } from '../../foundation/src/logging/tracer.ts';

const run = ref('run-1');
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let stage: LinkStage;
let begun: TracedAttempt[];
let recorded: string[];

beforeEach(async () => {
  begun = [];
  recorded = [];
  const trace: AttemptTrace = {
    part: (name, startedAt, endedAt) =>
      void recorded.push(`${name} ${endedAt >= startedAt ? 'for' : 'ended before'} its time`),
    ended: (outcome) => void recorded.push(`ended ${outcome}`),
  };
  const tracer = {
    begin: (attempt: TracedAttempt) => {
      begun.push(attempt);
      return trace;
    },
  };
  stage = await new LinkStage({ tracer }).start().untilConnected();
});

afterEach(() => stage.close());

describe('the trace of an attempt', () => {
  it('has the phases of its worker, its end, and the delivery of its records', async () => {
    await stage.controlPlane.offer(run, { traceparent: TRACEPARENT });
    await stage.until('started', () => stage.link.status().attempts[0]?.state === 'running');
    const worker = stage.workers.of(run);
    const phases = [{ name: 'sign-in', startedAt: 1, endedAt: 2 }];
    worker.figures({ figures: [], residentBytes: 1, outcome: 'success', phases });
    worker.finish();
    await stage.untilForgotten();
    await stage.until('delivered', () => recorded.length === 3);
    expect(begun).toEqual([
      { runId: 'run-1', attempt: 1, kind: 'metadata', traceparent: TRACEPARENT },
    ]);
    expect(recorded.toSorted()).toEqual([
      'delivery for its time',
      'ended success',
      'sign-in for its time',
    ]);
  });

  it.each(['', 'x', 'secret:/a/b', `${TRACEPARENT}\n`, TRACEPARENT.replace('00-', 'ff-')])(
    'does not take %j for a trace context, and runs the job all the same',
    async (traceparent) => {
      await stage.controlPlane.offer(run, { traceparent });
      await stage.until('started', () => stage.workers.started.length === 1);
      expect(begun).toMatchObject([{ runId: 'run-1', traceparent: undefined }]);
      expect(stage.workers.of(run).job).not.toHaveProperty('traceparent');
    },
  );
});
