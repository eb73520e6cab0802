import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { type Processes, processIdentitySchema } from '../../foundation/src/runtime/processes.ts';
import { CountsFile } from './counts-file.ts';
import type { RunLimit } from './decision.ts';

// Invariants:
// 1. A run counts durably before it begins, for all processes of this machine together.
// 2. Calls are reserved before they are made. What a run has not used comes back when it says so,
//    or when its process is gone; then what it may have made since its last durable report stays
//    counted. So a run waits rather than make more than UNREPORTED_CALLS without such a report.
// 3. What cannot be counted is not permitted.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How many calls a run may make beyond those that it has durably reported. */
export const UNREPORTED_CALLS = 100;

export interface QuotaOptions {
  /** Of the state; it may not exist yet. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly processes: Processes;
}

/** What one run may use. */
export interface Reservation {
  /** Undefined if no rule limits calls; then reports change nothing. */
  readonly calls: number | undefined;
  /**
   * Says how many calls were made so far, and whether there will be more. Rejects unless the report
   * is durable.
   */
  report(made: number, isOver: boolean): Promise<void>;
}

/** The key of the policy whose limit is reached: `secrets[0].maxRunsPerHour`. */
export interface Reached {
  readonly reached: string;
}

export interface RunQuota {
  /**
   * Counts a run that would make up to `wanted` calls, or names the limit that is reached. Throws
   * what prevents counting.
   */
  begin(limits: readonly RunLimit[], wanted: number): Promise<Reservation | Reached>;
}

const runSchema = z.object({
  id: z.string(),
  at: z.number(),
  /** When it last reported calls: they count for a day from then. */
  calledAt: z.number(),
  made: z.number(),
  /** Calls that it may still make; 0 when it is over. */
  reserved: z.number(),
  process: processIdentitySchema,
});
/** For each rule, the runs that are active or made calls in the last day. */
const usageSchema = z.record(z.string(), z.array(runSchema));
type Run = z.infer<typeof runSchema>;
type Usage = z.infer<typeof usageSchema>;

const UNLIMITED: Reservation = { calls: undefined, report: () => Promise.resolve() };

export function createRunQuota(options: QuotaOptions): RunQuota {
  return new FileQuota(options);
}

class FileQuota implements RunQuota {
  readonly #options: QuotaOptions;
  readonly #file: CountsFile<Usage>;

  constructor(options: QuotaOptions) {
    this.#options = options;
    const what = 'the counts of runs';
    this.#file = new CountsFile({ ...options, name: 'runs', what, schema: usageSchema });
  }

  async begin(limits: readonly RunLimit[], wanted: number): Promise<Reservation | Reached> {
    if (limits.length === 0) return UNLIMITED;
    const { clock, processes } = this.#options;
    const self = await processes.identify(process.pid);
    const id = `${self.pid}-${clock.now()}-${Math.trunc(clock.monotonic() * 1_000)}`;
    const isLimited = limits.some(({ callsPerDay }) => callsPerDay !== undefined);
    const calls = await this.#change((usage) => {
      const now = clock.now();
      const reached = limits.map((limit) => reachedIn(limit, usage, now)).find(Boolean);
      if (reached !== undefined) return { reached };
      const left = Math.min(wanted, ...limits.map((limit) => callsLeft(limit, usage)));
      const reserved = isLimited ? left : 0;
      const run: Run = { id, at: now, calledAt: now, made: 0, reserved, process: self };
      for (const key of new Set(limits.map(keyOf))) usage[key] = [...(usage[key] ?? []), run];
      return left;
    });
    if (typeof calls !== 'number') return calls;
    if (!isLimited) return UNLIMITED;
    return { calls, report: (made, isOver) => this.#report(id, made, isOver) };
  }

  #report(id: string, made: number, isOver: boolean): Promise<void> {
    const calledAt = this.#options.clock.now();
    return this.#change((usage) => {
      for (const run of Object.values(usage).flat())
        if (run.id === id) {
          run.reserved = isOver ? 0 : Math.max(0, run.made + run.reserved - made);
          run.made = made;
          run.calledAt = calledAt;
        }
    });
  }

  #change<T>(change: (usage: Usage) => T): Promise<T> {
    return this.#file.change({}, async (stored) => {
      const counts = await this.#present(stored);
      const result = change(counts);
      return { counts, result };
    });
  }

  /** Without runs that made no call for a day, or with what died processes cannot use any more. */
  async #present(stored: Usage): Promise<Usage> {
    const { clock, processes } = this.#options;
    const from = clock.now() - DAY_MS;
    const present: Usage = {};
    for (const [rule, runs] of Object.entries(stored)) {
      const recent: Run[] = [];
      for (const run of runs) {
        const isActive = run.reserved > 0 && (await processes.isAlive(run.process));
        if (!isActive) run.reserved = Math.min(run.reserved, UNREPORTED_CALLS);
        if (isActive || run.calledAt > from) recent.push(run);
      }
      if (recent.length > 0) present[rule] = recent;
    }
    return present;
  }
}

/** The key of a limit that leaves nothing to another run. */
function reachedIn(limit: RunLimit, usage: Usage, now: number): string | undefined {
  const { place, runsPerHour = Infinity } = limit;
  const recent = (usage[keyOf(limit)] ?? []).filter(({ at }) => at > now - HOUR_MS);
  if (recent.length >= runsPerHour) return `${place}.maxRunsPerHour`;
  return callsLeft(limit, usage) > 0 ? undefined : `${place}.maxCallsPerDay`;
}

function callsLeft(limit: RunLimit, usage: Usage): number {
  const { callsPerDay = Infinity } = limit;
  const runs = usage[keyOf(limit)] ?? [];
  return callsPerDay - runs.reduce((sum, { made, reserved }) => sum + made + reserved, 0);
}

function keyOf({ rule }: RunLimit): string {
  return createHash('sha256').update(rule).digest('hex').slice(0, 32);
}

/** For programs without a state directory: what a rule limits is denied. */
export const noRunQuota: RunQuota = {
  begin: async (limits) => {
    if (limits.length === 0) return UNLIMITED;
    throw new RunnerError('INTERNAL', 'there is no state to count runs in');
  },
};
