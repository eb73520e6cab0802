import { describe, expect, it } from 'vitest';
import { healthOf, isMoving } from './health.ts';
import type { ConnectionState } from '../connection/connection-state.ts';
import type { LinkState } from './link-status.ts';

const SINCE = Date.UTC(2026, 0, 1, 12);
const error = {
  code: 'TLS_UNTRUSTED',
  message: 'self-signed certificate',
  remedy: 'Name the CA.',
  retryable: true,
};
const place = { channel: 'ws', authority: 'plane.test:443' } as const;
const connected: ConnectionState = {
  name: 'connected',
  ...place,
  since: SINCE,
  controlPlane: 'plane',
};
const waiting: ConnectionState = {
  name: 'waiting',
  until: SINCE + 60_000,
  error,
  outage: { since: SINCE, error },
  at: SINCE + 30_000,
};

describe('the health of a runner', () => {
  it.each<[string, LinkState, string | undefined, string | undefined, string]>([
    [
      'connected',
      connected,
      undefined,
      undefined,
      'connected to plane.test:443 over ws since 2026-01-01T12:00:00.000Z',
    ],
    [
      'noPolicy',
      connected,
      undefined,
      'POLICY_MISSING: policy file not found',
      'every job is rejected: POLICY_MISSING',
    ],
    ['drained', connected, 'maintenance', undefined, 'drained by the control plane (maintenance)'],
    [
      'starting',
      { name: 'connecting', ...place, outage: { since: SINCE }, at: SINCE },
      undefined,
      undefined,
      'connecting since 2026-01-01T12:00:00.000Z',
    ],
    [
      'retrying',
      { name: 'handshaking', ...place, outage: { since: SINCE, error }, at: SINCE },
      undefined,
      undefined,
      'not connected since 2026-01-01T12:00:00.000Z, retrying: TLS_UNTRUSTED: self-signed certificate',
    ],
    [
      'retrying',
      waiting,
      undefined,
      'POLICY_MISSING: policy file not found',
      'not connected since 2026-01-01T12:00:00.000Z',
    ],
    [
      'stopping',
      { name: 'draining', connection: waiting },
      undefined,
      undefined,
      'stopping; not connected since',
    ],
    [
      'stopped',
      { name: 'stopped', error: { ...error, code: 'RUNNER_REVOKED', message: 'revoked' } },
      undefined,
      undefined,
      'stopped: RUNNER_REVOKED: revoked',
    ],
  ])('is %s', (name, state, drainReason, policy, text) => {
    const health = healthOf(
      { state, ...(drainReason === undefined ? {} : { drainReason }) },
      policy,
    );
    expect(health).toEqual({ name, text: expect.stringContaining(text) as string });
  });
});

describe('isMoving', () => {
  const later = (minutes: number): number => SINCE + minutes * 60_000;

  it('returns true while each step ends in time', () => {
    expect(
      [waiting, { ...waiting, until: later(59) }].map((state) => isMoving({ state }, later(5))),
    ).toEqual([true, true]);
    expect(isMoving({ state: connected }, later(10_000))).toBe(true);
  });

  it('returns false when a step lasts too long', () => {
    expect(isMoving({ state: waiting }, later(7))).toBe(false);
    expect(
      isMoving(
        {
          state: {
            name: 'draining',
            connection: { name: 'connecting', ...place, outage: { since: SINCE }, at: SINCE },
          },
        },
        later(6),
      ),
    ).toBe(false);
  });
});
