import type { Outage } from '../connection/connection-state.ts';
import type { LinkState, LinkStatus } from './link-status.ts';

/**
 * The health of a runner in one word, to display and to monitor:
 * - `connected`: connected, with a usable policy
 * - `noPolicy`: the policy file is missing or invalid; every job is rejected
 * - `drained`: connected, but the control plane sends no more jobs
 * - `starting`: the first attempt to connect is in progress
 * - `retrying`: not connected; retrying
 * - `stopping`: asked to stop
 * - `stopped`: ended
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
  /** One line with time and reason. */
  readonly text: string;
}

/** Why the policy cannot be used, as `CODE: message`; undefined when it can. */
export type PolicyProblem = string | undefined;

/**
 * A missing connection is reported before a missing policy: without a connection there are no jobs
 * to reject.
 */
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

/** Longer than any step of connecting takes. */
const STUCK_MS = 5 * 60_000;

/**
 * Whether the link makes progress. A state that should have ended long ago means that the process
 * hangs, even if its timers work.
 */
export function isMoving({ state }: Pick<LinkStatus, 'state'>, now: number): boolean {
  const connection = state.name === 'draining' ? state.connection : state;
  if (connection.name === 'waiting')
    return now < Math.max(connection.until, connection.at) + STUCK_MS;
  return !('at' in connection) || now < connection.at + STUCK_MS;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
