import type { Outage } from '../connection/connection-state.ts';
import type { LinkState, LinkStatus } from './link-status.ts';

/**
 * How a runner is, as one word that people and monitors can act on:
 * - `connected`: has a connection, and a policy that permits something
 * - `noPolicy`: there is no policy file, or it cannot be used; every job is rejected
 * - `drained`: connected; the control plane sends no more jobs
 * - `starting`: the first try to connect has not ended
 * - `retrying`: no connection; tries go on
 * - `stopping`: was asked to stop
 * - `stopped`: has ended
 */
export const HEALTH_NAMES = [
  'connected',
  'noPolicy',
  'drained',
  'starting',
  'retrying',
  'stopping',
  'stopped',
] as const;
export type HealthName = (typeof HEALTH_NAMES)[number];

export interface Health {
  readonly name: HealthName;
  /** On one line, with since when and why. */
  readonly text: string;
}

/** What is wrong with the policy: `CODE: message`; undefined when it can be used. */
export type PolicyProblem = string | undefined;

/** A connection that is missing comes before everything else: without it there are no jobs that a policy could reject. */
export function healthOf(
  { state, drainReason }: Pick<LinkStatus, 'state' | 'drainReason'>,
  policy: PolicyProblem,
): Health {
  switch (state.name) {
    case 'stopped':
      return {
        name: 'stopped',
        text:
          state.error === undefined
            ? 'stopped'
            : `stopped: ${state.error.code}: ${state.error.message}`,
      };
    case 'draining':
      return {
        name: 'stopping',
        text: `stopping; ${healthOf({ state: state.connection }, undefined).text}`,
      };
    case 'connecting':
    case 'handshaking':
    case 'waiting':
      return withoutConnection(state);
    case 'connected':
  }
  const connected = `connected to ${state.authority} over ${state.channel} since ${time(state.since)}`;
  if (policy !== undefined)
    return { name: 'noPolicy', text: `every job is rejected: ${policy}; ${connected}` };
  return drainReason === undefined
    ? { name: 'connected', text: connected }
    : { name: 'drained', text: `drained by the control plane (${drainReason}); ${connected}` };
}

function withoutConnection(state: Extract<LinkState, { readonly outage: Outage }>): Health {
  const { since, error } = state.outage;
  if (error === undefined) return { name: 'starting', text: `${state.name} since ${time(since)}` };
  return {
    name: 'retrying',
    text: `not connected since ${time(since)}, retrying: ${error.code}: ${error.message}`,
  };
}

/** Longer than any step of connecting may take. */
const STUCK_MS = 5 * 60_000;

/** Whether the link moves: a state that should have ended long ago means that this process hangs, however well its timers work. */
export function isMoving({ state }: Pick<LinkStatus, 'state'>, now: number): boolean {
  const connection = state.name === 'draining' ? state.connection : state;
  if (connection.name === 'waiting')
    return now < Math.max(connection.until, connection.at) + STUCK_MS;
  return !('at' in connection) || now < connection.at + STUCK_MS;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
