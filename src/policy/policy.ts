import type { Account } from '../../foundation/src/domain/account.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { Allowed, Decision, Denied, RunLimit } from './decision.ts';
import type { HostRule } from './host-rule.ts';
import type { Limits } from './limits.ts';
import type { SigningRules } from './signatures/signing-rules.ts';

/**
 * Only files below `directory` may be read. The code that opens a file must check where it really
 * is.
 */
export type FileDecision = (Allowed & { readonly directory: string }) | Denied;

/** `local`: a reference to a local provider, or a file below `files.directory`. */
export type AuthorityOrigin = 'local' | 'job';

/** One reference in one secret field of a connection. */
export interface SecretUse {
  readonly path: readonly string[];
  /** Dotted path of the field: `password`, `sslConfig.sslKey`. */
  readonly field: string;
}

/** What decisions about a job need to know of it. What is absent matches no rule that binds it. */
export interface JobFacts {
  readonly connector: string;
  readonly kind?: JobKind | undefined;
  readonly account?: Account | undefined;
}

/** A rule that binds secrets to hosts, as the file has it. */
export interface SecretRule {
  readonly ref: string;
  readonly connector: string;
  readonly fields: readonly string[];
  readonly hosts: readonly HostRule[];
}

/** What the policy file names, for reports. Grants nothing. */
export interface RuleOutline {
  readonly secrets: readonly SecretRule[];
  /** Hosts for jobs without secrets. */
  readonly hosts: readonly HostRule[];
}

/**
 * The customer's local rules as pure decisions. Connector names are compared without regard to
 * case.
 */
export interface Policy {
  /** Whether there is a policy file. Without one everything is denied. */
  readonly present: boolean;
  /** SHA-256 of the file, in hexadecimal; empty without one. */
  readonly fingerprint: string;
  checkJob(job: { readonly kind: JobKind }): Decision;
  /** Whose signatures a job of a control plane needs. */
  readonly signing: SigningRules;
  /**
   * Whether this reference may be resolved `now`, in milliseconds of Unix time, for a connection
   * that would sign in to all of `hosts`. Without a time: whether it may be at some time.
   */
  secretPermitted(
    use: SecretUse &
      JobFacts & { readonly hosts: readonly Endpoint[]; readonly now: number | undefined },
  ): Decision;
  plainTextPermitted(): Decision;
  /** Whether a job may name this file, an absolute path, in a field for files. */
  filePermitted(path: string): FileDecision;
  /** The directory below which jobs may name files. */
  readonly filesDirectory: string | undefined;
  /** Whether a job of this connector that uses these secrets may connect to a host. */
  hostPermitted(
    endpoint: Endpoint,
    job: JobFacts & { readonly uses: readonly SecretUse[] },
  ): Decision;
  /** Whether every secret of a job that signed in is bound to `account.organization`. */
  organizationPermitted(
    endpoints: readonly Endpoint[],
    job: JobFacts & { readonly uses: readonly SecretUse[] },
  ): Decision;
  /**
   * The limits of all rules that permit the secrets of a job at a time, in Unix milliseconds.
   * Before the sign-in, rules for any organization count.
   */
  runLimits(
    endpoints: readonly Endpoint[],
    job: JobFacts & { readonly uses: readonly SecretUse[]; readonly now: number },
  ): readonly RunLimit[];
  /** Whether a job may bring a certificate authority that is trusted for its connections. */
  authorityPermitted(origin: AuthorityOrigin): Decision;
  /** Whether a rule names this host for this connector. Grants nothing. */
  namesHost(endpoint: Endpoint, connector: string): boolean;
  addressPermitted(address: string): Decision;
  limitsFor(connector: string): Limits;
  readonly outline: RuleOutline;
  /** The line of the file with the rule of a decision; undefined for a default. */
  lineOf(rule: string): number | undefined;
  /** The compiled rules as plain data, for `policy show`. Holds no secret. */
  toDocument(): Readonly<Record<string, unknown>>;
}
