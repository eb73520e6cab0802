import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RunnerError } from './errors.ts';

describe('RunnerError.from', () => {
  it('returns a RunnerError unchanged', () => {
    const error = new RunnerError('DISK_FULL', 'no room');
    expect(RunnerError.from(error)).toBe(error);
  });

  it('finds the system code under wrappers', () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const error = RunnerError.from(new Error('fetch failed', { cause }));
    expect(error).toMatchObject({ code: 'NETWORK_UNREACHABLE', retryable: true });
  });

  it('distinguishes a deadline from an abort, and an abort with a reason from one without', () => {
    expect(RunnerError.from(new DOMException('x', 'TimeoutError')).code).toBe('DEADLINE_EXCEEDED');
    expect(RunnerError.from(new DOMException('x', 'AbortError')).code).toBe('ABORTED');
    const reason = new RunnerError('LEASE_LOST', 'gone');
    expect(RunnerError.from(new DOMException('x', { name: 'AbortError', cause: reason }))).toBe(
      reason,
    );
  });

  it.each([undefined, null, 7, 'text', {}, Symbol('s'), Object.create(null)])(
    'accepts anything thrown: %o',
    (thrown) => {
      expect(RunnerError.from(thrown, 'SINK_FAILED').code).toBe('SINK_FAILED');
    },
  );

  it('is restored from a failure', () => {
    const failure = new RunnerError('POLICY_DENIED', 'host', { remedy: 'ask' }).toFailure();
    expect(RunnerError.fromFailure(failure)).toMatchObject({
      code: 'POLICY_DENIED',
      message: 'host',
      remedy: 'ask',
      retryable: false,
    });
    expect(RunnerError.fromFailure({ ...failure, code: 'MADE_UP' }).code).toBe('INTERNAL');
  });

  it('starts its text with the code', () => {
    expect(String(new RunnerError('USAGE', 'no such flag'))).toBe('USAGE: no such flag');
  });
});

describe('RunnerError.from of an abort in a Node.js function', () => {
  const abortedBy = (reason: unknown): Promise<unknown> =>
    delay(60_000, undefined, { signal: AbortSignal.abort(reason) }).catch(
      (thrown: unknown) => thrown,
    );

  it('is the reason of the signal', async () => {
    const lost = new RunnerError('NETWORK_RESET', 'the lease ended');
    expect(RunnerError.from(await abortedBy(lost))).toBe(lost);
    expect(RunnerError.from(await abortedBy(new Error('canceled'))).message).toBe('canceled');
    expect(RunnerError.from(await abortedBy(undefined)).code).toBe('ABORTED');
    const late = new DOMException('late', 'TimeoutError');
    expect(RunnerError.from(await abortedBy(late)).code).toBe('DEADLINE_EXCEEDED');
  });
});

describe('RunnerError.from of an AggregateError', () => {
  it('joins the messages of its errors', () => {
    const refused = (at: string): Error => new Error(`connect ECONNREFUSED ${at}`);
    expect(
      RunnerError.from(new AggregateError([refused('::1:443'), refused('127.0.0.1:443')])).message,
    ).toBe('connect ECONNREFUSED ::1:443; connect ECONNREFUSED 127.0.0.1:443');
    expect(RunnerError.from(new AggregateError([])).message).toBe('AggregateError');
  });
});
