import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { LOOK_UP_MS } from '../../src/secrets/managers/mounted-manager.ts';
import { deadlineClock } from '../support/deadline-clock.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import {
  errorOf,
  type ManagerFault,
  type ManagerStage,
  type ManagerUnderTest,
  reveal,
  VALUE,
} from './secret-manager.stage.ts';

/** The contract of every secret manager: what happens when it fails, and the life of its tokens. */
export function secretManagerFaults(name: string, stage: ManagerStage): void {
  const open = (clock: Clock = new SteppedClock()): Promise<ManagerUnderTest> =>
    stage.open({ clock, cacheFor: '0s' });
  const possible = (fault: ManagerFault): boolean => stage.impossible?.[fault] === undefined;

  describe(`${name} with a fault`, () => {
    const failing = async (
      fault: ManagerFault,
      clock?: Clock,
    ): Promise<{ under: ManagerUnderTest; end: () => void }> => {
      const under = await open(clock);
      await under.put(under.path, VALUE);
      under.fail(fault);
      const end = (): void => under.fail(undefined);
      onTestFinished(end);
      return { under, end };
    };

    it.runIf(possible('denied'))(
      'is SECRET_MANAGER_DENIED if a secret is denied, once',
      async () => {
        const { under } = await failing('denied');
        expect(await errorOf(under, under.path)).toMatchObject({
          code: 'SECRET_MANAGER_DENIED',
          retryable: false,
        });
      },
    );

    it.runIf(possible('throttled'))(
      'is repeated while it is throttled, then SECRET_MANAGER_THROTTLED',
      async () => {
        const { under, end } = await failing('throttled');
        const error = await errorOf(under, under.path);
        expect(error).toMatchObject({ code: 'SECRET_MANAGER_THROTTLED', retryable: true });
        expect(under.requests()).toBe(3);
        end();
        expect(await reveal(under, under.path)).toBe(VALUE);
      },
    );

    it.runIf(possible('slow'))('ends at the deadline of a look-up', async () => {
      const clock = deadlineClock(LOOK_UP_MS);
      const { under } = await failing('slow', clock);
      const over = new AbortController();
      const ended = errorOf(under, under.path).finally(() => over.abort());
      while (!over.signal.aborted) {
        await pause(20);
        clock.expire();
      }
      expect(await ended).toMatchObject({ code: 'SECRET_PROVIDER_FAILED', retryable: true });
    });

    it.runIf(possible('cut'))('fails if the connection is cut, and recovers', async () => {
      const { under, end } = await failing('cut');
      expect(await errorOf(under, under.path)).toMatchObject({
        code: 'SECRET_PROVIDER_FAILED',
        retryable: true,
      });
      end();
      expect(await reveal(under, under.path)).toBe(VALUE);
    });

    it.runIf(possible('sealed'))('is SECRET_MANAGER_SEALED while it is sealed', async () => {
      const { under, end } = await failing('sealed');
      expect(await errorOf(under, under.path)).toMatchObject({
        code: 'SECRET_MANAGER_SEALED',
        retryable: true,
      });
      end();
      expect(await reveal(under, under.path)).toBe(VALUE);
    });

    it.runIf(possible('garbled'))('quotes nothing of an answer of another form', async () => {
      const { under } = await failing('garbled');
      expect(await errorOf(under, under.path)).toMatchObject({ code: 'SECRET_PROVIDER_FAILED' });
    });

    it.runIf(possible('rejected'))(
      'is SECRET_MANAGER_SIGN_IN_FAILED if it rejects the runner',
      async () => {
        const { under } = await failing('rejected');
        expect(await errorOf(under, under.path)).toMatchObject({
          code: 'SECRET_MANAGER_SIGN_IN_FAILED',
          retryable: false,
        });
      },
    );
  });

  describe(`the token of ${name}, if it expires`, () => {
    it('is used in the last quarter of its life while the sign-in gets no answer', async () => {
      const clock = new SteppedClock();
      const under = await open(clock);
      if (under.tokens === undefined || under.stallSignIns === undefined) return;
      await under.put(under.path, VALUE);
      expect(await reveal(under, under.path)).toBe(VALUE);
      under.stallSignIns();
      for (const part of [0.76, 0.1, 0.1]) {
        clock.step(under.tokens.lifeMs * part);
        expect(await reveal(under, under.path)).toBe(VALUE);
      }
    });

    it('is renewed at 75 % of its life, and another sign-in follows its end', async () => {
      const clock = new SteppedClock();
      const under = await open(clock);
      if (under.tokens === undefined) return;
      const { lifeMs, counts, renews } = under.tokens;
      await under.put(under.path, VALUE);
      const after = async (ms: number, expected: ReturnType<typeof counts>): Promise<void> => {
        clock.step(ms);
        expect(await reveal(under, under.path)).toBe(VALUE);
        // A renewal goes on in the background.
        await vi.waitFor(() => expect(counts()).toEqual(expected));
      };
      await after(0, { signIns: 1, renewals: 0 });
      await after(lifeMs * 0.74, { signIns: 1, renewals: 0 });
      const renewed = renews ? { signIns: 1, renewals: 1 } : { signIns: 2, renewals: 0 };
      await after(lifeMs * 0.02, renewed);
      await after(lifeMs * 1.01, { ...renewed, signIns: renewed.signIns + 1 });
    });
  });
}
