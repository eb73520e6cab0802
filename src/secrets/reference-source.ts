import { formatEndpoint } from '../../foundation/src/network/endpoint.ts';
import { errorFields } from '../../foundation/src/runtime/error-fields.ts';
import type { LogData } from '../../foundation/src/logging/logger.ts';
import { deny, type Decision } from '../policy/decision.ts';
import type { SecretUse } from '../policy/policy.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { formatReference } from './reference.ts';
import type { SecretSourceOptions } from './source-options.ts';
import type { Secret, SecretSource } from './secret.ts';
import { unavailable } from './unavailable.ts';

type ReferenceOptions = Pick<
  SecretSourceOptions,
  | 'connector'
  | 'kind'
  | 'account'
  | 'endpoints'
  | 'policy'
  | 'provider'
  | 'clock'
  | 'readLimits'
  | 'trail'
  | 'audit'
  | 'metrics'
>;

/** A secret of the local provider. */
export function referenceSource(use: SecretUse, options: ReferenceOptions): SecretSource {
  return {
    reference: formatReference(use.path),
    read: (signal) => new ReferenceRead(use, options).run(signal),
  };
}

const ALARM = 'secretReads';

interface Counted {
  readonly decision: Decision;
  /** For the audit trail. */
  readonly alarm?: typeof ALARM;
}

/** One read, with its lines in the local log. */
class ReferenceRead {
  readonly #use: SecretUse;
  readonly #options: ReferenceOptions;

  constructor(use: SecretUse, options: ReferenceOptions) {
    this.#use = use;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<Secret> {
    const rule = await this.#permittingRule(signal);
    const secret = await this.#fromProvider(signal);
    if (secret === undefined) {
      await this.#record('secretUnavailable', { reason: 'unknown' });
      this.#log('warn', 'unknown secret', {
        decision: 'allow',
        rule,
        reason: 'no provider has it',
      });
      throw unavailable(this.#use.field);
    }
    this.#log('info', 'secret read', { decision: 'allow', rule });
    return secret;
  }

  /** The decision is in the audit trail before anything follows from it. */
  async #permittingRule(signal: AbortSignal): Promise<string> {
    const { policy, connector, kind, account, endpoints: hosts, clock, metrics } = this.#options;
    const job = { connector, kind, account };
    const now = clock.now();
    const permitted = policy.secretPermitted({ ...this.#use, ...job, hosts, now });
    const { decision, alarm } = await this.#withinLimit(permitted);
    const { rule } = decision;
    const reason = decision.allowed ? undefined : decision.reason;
    const facts = { decision: decision.allowed ? 'allow' : 'deny', rule, reason, alarm };
    await this.#record('secret', facts, signal);
    if (decision.allowed) return rule;
    metrics?.count('secretResolutions', { provider: 'none', result: 'denied' });
    this.#log('warn', 'secret denied', { decision: 'deny', rule, reason: decision.reason });
    throw unavailable(this.#use.field);
  }

  /** More reads than a rule permits mean that another program uses it: worth an alarm. */
  async #withinLimit(decision: Decision): Promise<Counted> {
    if (!decision.allowed || decision.limit === undefined) return { decision };
    const { limit } = decision;
    const rule = `${decision.rule}.maxReadsPerHour`;
    try {
      const taken = await this.#options.readLimits.take(limit);
      if (taken === 'permitted') return { decision };
      this.#raise(taken, rule, limit.perHour);
      if (taken === 'near') return { decision, alarm: ALARM };
      const reason = `it was read ${limit.perHour} times in the last hour`;
      return { decision: deny(rule, reason), alarm: ALARM };
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#log('error', 'failed to count the read of a secret', errorFields(error));
      // A full disk is the same for every reference: the line of a denial has no room either.
      if (error.retryable) throw uncounted(error);
      return { decision: deny(rule, 'the read cannot be counted') };
    }
  }

  #raise(taken: 'near' | 'reached', rule: string, perHour: number): void {
    this.#options.metrics?.count('secretReadAlarms', { limit: taken });
    const facts = { alarm: ALARM, rule, perHour };
    if (taken === 'near')
      this.#log('warn', 'alarm: most reads that a rule permits in an hour are used up', facts);
    else this.#log('error', 'alarm: a secret is read more often than its rule permits', facts);
  }

  async #fromProvider(signal: AbortSignal): Promise<Secret | undefined> {
    try {
      return await this.#options.provider.read(this.#use.path, signal);
    } catch (thrown) {
      if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
      const error = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
      this.#log('error', 'failed to read secret', errorFields(error));
      await this.#record('secretUnavailable', { reason: error.code });
      throw outwardError(error) ?? unavailable(this.#use.field);
    }
  }

  #record(
    event: string,
    fields: Readonly<Record<string, string | undefined>>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { connector, kind, account, endpoints, trail } = this.#options;
    const facts = {
      reference: formatReference(this.#use.path),
      field: this.#use.field,
      connector,
      kind,
      user: account?.user,
      client: account?.client,
      audience: account?.audience,
      hosts: endpoints.map(formatEndpoint),
      ...fields,
    };
    return trail.record({ event, ...facts }, signal);
  }

  #log(level: 'info' | 'warn' | 'error', message: string, data: LogData): void {
    const { connector, endpoints, audit } = this.#options;
    audit.log(level, message, {
      event: 'audit',
      reference: formatReference(this.#use.path),
      field: this.#use.field,
      connector,
      hosts: endpoints.map(formatEndpoint),
      ...data,
    });
  }
}

/**
 * Failures of the whole provider. They are the same for every reference, so they reveal nothing
 * about one.
 */
const FAILED = 'the secret provider failed';
const OUTWARD: Partial<Record<ErrorCode, string>> = {
  SECRET_PROVIDER_FAILED: FAILED,
  SECRET_MANAGER_SIGN_IN_FAILED: FAILED,
  SECRET_MANAGER_SEALED: FAILED,
  SECRET_MANAGER_THROTTLED: FAILED,
  VAULT_LOCKED: 'the vault of this runner is locked',
  VAULT_DAMAGED: 'the vault of this runner is damaged',
  VAULT_ROLLED_BACK: 'the vault of this runner is older than the newest one',
};

/** To the outside as if it could not be recorded. */
function uncounted(cause: RunnerError): RunnerError {
  return new RunnerError('AUDIT_UNWRITABLE', 'failed to write the audit trail', { cause });
}

function outwardError(cause: RunnerError): RunnerError | undefined {
  const message = OUTWARD[cause.code];
  return message === undefined ? undefined : new RunnerError(cause.code, message, { cause });
}
