import type { PolicyProblem } from '../../link/health/health.ts';
import type { AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { requirePolicy } from '../../policy/open-policy.ts';
import type { PolicySource } from '../../policy/parse-policy.ts';
import type { SecretDirectory } from '../../policy/secret-directory.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';

const CHECK_INTERVAL_MS = 30_000;

/** The state of the policy file, to display and to monitor. Jobs read the file themselves. */
export class PolicyWatch {
  readonly #source: PolicySource;
  readonly #secretDirectories: readonly SecretDirectory[];
  readonly #trail: AuditTrail;
  #problem: PolicyProblem;
  #recorded = '';

  constructor(
    source: PolicySource,
    secretDirectories: readonly SecretDirectory[],
    trail: AuditTrail,
  ) {
    this.#source = source;
    this.#secretDirectories = secretDirectories;
    this.#trail = trail;
  }

  /** As of the last check. */
  get problem(): PolicyProblem {
    return this.#problem;
  }

  /** Reads the file. Never rejects. */
  async check(): Promise<PolicyProblem> {
    try {
      const { fingerprint, signing } = await requirePolicy(this.#source, this.#secretDirectories);
      this.#problem = undefined;
      await this.#noteChange({ sha256: fingerprint, signatures: signing.mode });
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#problem = `${error.code}: ${error.message.split('\n')[0]!}`;
      await this.#noteChange({ problem: error.code });
    }
    return this.#problem;
  }

  /** The trail names each policy that was in force, so that its decisions can be understood. */
  async #noteChange(
    state: { readonly sha256: string; readonly signatures: string } | { readonly problem: string },
  ): Promise<void> {
    const seen = JSON.stringify(state);
    if (seen === this.#recorded) return;
    const done = await this.#trail.record({ event: 'policy', ...state }).then(
      () => true,
      () => false,
    );
    if (done) this.#recorded = seen;
  }

  /**
   * Checks and logs the result, for SIGHUP: settings apply at the next start, and each run reads
   * policy and secrets anyway.
   */
  async checkAndLog(logger: Logger): Promise<void> {
    const problem = await this.check();
    if (problem === undefined)
      logger.log('info', 'policy checked; changed settings apply at the next start');
    else logger.log('error', 'policy cannot be used; every job will be rejected', { problem });
  }

  async keepChecking(clock: Clock, signal: AbortSignal): Promise<void> {
    while (await sleepUnlessAborted(clock, CHECK_INTERVAL_MS, signal)) await this.check();
  }
}
