import { describe, expect, it } from 'vitest';
import { attempt, MemorySink, table, yielding } from '../../test/support/attempts.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import type { ConnectorContext } from '../connectors/connector.ts';
import { untilAborted, NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { Stop } from './stop.ts';

/** The system clock with one short pause. */
const impatient = {
  ...systemClock,
  sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms === 2000 ? 1 : ms, signal),
};
describe('runAttempt when stopped', () => {
  /** A sink whose writes wait until `room` is resolved. */
  class FullSink extends MemorySink {
    readonly room = Promise.withResolvers<void>();

    override async write(line: Buffer, _last?: boolean, signal = NEVER): Promise<void> {
      await untilAborted(this.room.promise, signal);
      await super.write(line);
    }
  }

  it('waits with the outcome while the disk is full', async () => {
    const clock = new SimulatedClock();
    const sink = new FullSink();
    const ending = attempt(() => yielding([]), { clock, sink });
    await clock.advance(3_600_000);
    sink.room.resolve();
    expect((await ending).outcome.status).toBe('success');
  });

  it('stops writing the outcome eight seconds after a stop', async () => {
    const clock = new SimulatedClock();
    const stop = new Stop();
    let code: unknown;
    void attempt(() => yielding([]), { clock, stop, sink: new FullSink() }).catch(
      (error: RunnerError) => (code = error.code),
    );
    await clock.advance(60_000);
    stop.request('cancelled', new RunnerError('CANCELLED', 'enough').toFailure());
    await clock.advance(7_000);
    expect(code).toBeUndefined();
    await clock.advance(2_000);
    expect(code).toBe('DEADLINE_EXCEEDED');
  });

  it.each(['cancelled', 'expired', 'interrupted'] as const)(
    'ends as %s when it is stopped, even if the connector ignores the signal',
    async (status) => {
      const stop = new Stop();
      const { outcome } = await attempt(
        async function* () {
          yield table('A');
          stop.request(status, new RunnerError('CANCELLED', 'enough').toFailure());
          await new Promise(() => undefined);
        },
        { stop, clock: impatient },
      );
      expect(outcome).toMatchObject({
        status,
        error: { message: 'enough' },
        counts: { entities: 1 },
      });
    },
  );

  it('expires at its deadline', async () => {
    const clock = new SimulatedClock();
    const running = attempt(
      async function* (_context: ConnectorContext, signal: AbortSignal) {
        yield table('A');
        await untilAborted(new Promise(() => undefined), signal);
      },
      { clock },
    );
    await clock.advance(60_000);
    expect((await running).outcome).toMatchObject({
      status: 'expired',
      error: { code: 'DEADLINE_EXCEEDED' },
    });
  });

  it('lets the connector clean up when it is stopped', async () => {
    const stop = new Stop();
    let cleaned = false;
    await attempt(
      async function* (_context, signal) {
        try {
          yield table('A');
          stop.request('cancelled', new RunnerError('CANCELLED', 'enough').toFailure());
          await untilAborted(new Promise(() => undefined), signal);
        } finally {
          await Promise.resolve();
          cleaned = true;
        }
      },
      { stop },
    );
    expect(cleaned).toBe(true);
  });
});
