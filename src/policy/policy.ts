import { resolve, sep } from 'node:path';
import type { JobKind } from '../domain/job.ts';
import { formatEndpoint, type Endpoint } from '../network/endpoint.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { classifyAddress } from './address.ts';
import { formatHostRule, hostMatches } from './host-rule.ts';
import type { PolicyDocument } from './schema.ts';

// What must never break:
// 1. Nothing is allowed that no line of the file allows. No message from a control plane is an input here but as the
//    question being asked.
// 2. A job that uses a secret reaches only hosts to which every secret it uses is bound, for that connector and field.
//    Hosts of network.allow count for jobs without secrets alone, or a secret could be sent to one of them.
// 3. Link-local and metadata addresses are refused whatever the file says.

/** `rule` says which line of the policy decided; `reason` is for the local log and for people, without secrets. */
export type Decision = { readonly allowed: true; readonly rule: string } | Denied;

export interface Denied {
  readonly allowed: false;
  readonly rule: string;
  readonly reason: string;
}

/** Files below `directory` alone may be read; whoever opens one checks that it really lies there. */
export type FileDecision =
  | { readonly allowed: true; readonly rule: string; readonly directory: string }
  | Denied;

/** One reference in one secret field of a connection. */
export interface SecretUse {
  readonly path: readonly string[];
  /** Dotted path of the field: `password`, `sslConfig.sslKey`. */
  readonly field: string;
}

/** `local`: permitted for runs that were started on this machine, denied for runs of a control plane. */
export type Reach = 'deny' | 'local' | 'allow';

export interface Limits {
  /** Share of the org's daily API calls that is never touched, in percent. */
  readonly reservePercent: number;
  /** Whether rows of data may be read. */
  readonly sampleRows: boolean;
  /** Whether the text of code may be read. */
  readonly codeText: Reach;
  /** Whether columns may be profiled: counts, ranges and common values of fields. */
  readonly profile: Reach;
  /** Whether names and e-mail addresses of business owners may be read. */
  readonly owners: Reach;
  readonly maxApiCallsPerRun: number | undefined;
}

/** Pure decisions of the customer's local rules. Connector names are compared without regard to case. */
export interface Policy {
  checkJob(job: { readonly kind: JobKind }): Decision;
  /** Whether this reference may be resolved for a connection that would sign in to all of `hosts`. */
  secretPermitted(
    use: SecretUse & { readonly connector: string; readonly hosts: readonly Endpoint[] },
  ): Decision;
  plainTextPermitted(): Decision;
  /** Whether a job may have this file read: an absolute path in a field that may name one. */
  filePermitted(path: string): FileDecision;
  /** The directory below which jobs may name files. */
  readonly filesDirectory: string | undefined;
  /** Whether a job of this connector that uses these secrets may connect to a host. */
  hostPermitted(
    endpoint: Endpoint,
    job: { readonly connector: string; readonly uses: readonly SecretUse[] },
  ): Decision;
  /** Whether any line is about this host for this connector. Permits nothing; says whose mistake a mistake is. */
  namesHost(endpoint: Endpoint, connector: string): boolean;
  addressPermitted(address: string): Decision;
  readonly limits: Limits;
  /** The compiled rules, for `policy show` and the audit. Holds no secret. */
  describe(): Readonly<Record<string, unknown>>;
}

/** The RunnerError of a denial; `message` says what was denied. */
export function denial(code: ErrorCode, message: string, decision: Denied): RunnerError {
  return new RunnerError(code, `${message}: ${decision.reason}`);
}

export function compilePolicy(document: PolicyDocument, file: string): Policy {
  const allow = (rule: string): Decision => ({ allowed: true, rule });
  const deny = (rule: string, reason: string): Denied => ({ allowed: false, rule, reason });

  const hostForSecret = (use: SecretUse, connector: string, endpoint: Endpoint): Decision => {
    const reference = `/${use.path.join('/')}`;
    const index = document.secrets.findIndex(
      (rule) =>
        rule.connector === connector.toLowerCase() &&
        rule.fields.includes(use.field) &&
        referenceMatches(rule.ref, use.path) &&
        rule.hosts.some((host) => hostMatches(host, endpoint)),
    );
    if (index >= 0) return allow(`secrets[${index}]`);
    return deny(
      'secrets',
      `no rule binds ${reference} as ${use.field} of ${connector} to ${formatEndpoint(endpoint)}`,
    );
  };

  const everyOne = (decisions: readonly Decision[], none: Decision): Decision =>
    decisions.find(({ allowed }) => !allowed) ?? decisions[0] ?? none;

  return {
    checkJob: ({ kind }) =>
      document.jobs.kinds.includes(kind)
        ? allow('jobs.kinds')
        : deny('jobs.kinds', `jobs of kind ${kind} are not listed in jobs.kinds`),
    secretPermitted: ({ hosts, connector, ...use }) =>
      everyOne(
        hosts.map((host) => hostForSecret(use, connector, host)),
        deny('secrets', 'the connection names no host to bind the secret to'),
      ),
    plainTextPermitted: () =>
      document.plainTextSecrets === 'allow'
        ? allow('plainTextSecrets')
        : deny('plainTextSecrets', 'secrets in plain text are not permitted'),
    filePermitted: (path) => {
      const { directory } = document.files;
      if (directory === undefined)
        return deny(
          'files.directory',
          'files.directory of the policy is not set, so jobs may name no files',
        );
      const within = resolve(path).startsWith(
        directory.endsWith(sep) ? directory : resolve(directory) + sep,
      );
      return within
        ? { allowed: true, rule: 'files.directory', directory }
        : deny('files.directory', 'the file does not lie below files.directory of the policy');
    },
    hostPermitted: (endpoint, { connector, uses }) => {
      if (uses.length > 0)
        return everyOne(
          uses.map((use) => hostForSecret(use, connector, endpoint)),
          deny('secrets', 'no secret'),
        );
      const index = document.network.allow.findIndex((host) => hostMatches(host, endpoint));
      return index >= 0
        ? allow(`network.allow[${index}]`)
        : deny('network.allow', 'the host is not listed in network.allow');
    },
    namesHost: (endpoint, connector) => {
      const bound = document.secrets
        .filter((rule) => rule.connector === connector.toLowerCase())
        .flatMap(({ hosts }) => hosts);
      return [...bound, ...document.network.allow].some((host) => hostMatches(host, endpoint));
    },
    addressPermitted: (address) => {
      const kind = classifyAddress(address);
      if (kind === 'forbidden')
        return deny(
          'built in',
          'link-local, metadata and reserved addresses are never connected to',
        );
      if (kind === 'public' || document.network.allowPrivateAddresses)
        return allow('network.allowPrivateAddresses');
      return deny('network.allowPrivateAddresses', 'private addresses are not permitted');
    },
    filesDirectory: document.files.directory,
    limits: limitsOf(document.salesforce),
    describe: () => ({
      file,
      ...document,
      secrets: document.secrets.map((rule) => ({ ...rule, hosts: rule.hosts.map(formatHostRule) })),
      network: { ...document.network, allow: document.network.allow.map(formatHostRule) },
    }),
  };
}

function limitsOf({ sampleRows, ...limits }: PolicyDocument['salesforce']): Limits {
  return {
    ...limits,
    sampleRows: sampleRows === 'allow',
    maxApiCallsPerRun: limits.maxApiCallsPerRun,
  };
}

/** `*` in a pattern stands for one whole segment or for the end of one. */
function referenceMatches(pattern: string, path: readonly string[]): boolean {
  const segments = pattern.slice(1).split('/');
  return (
    segments.length === path.length &&
    segments.every((segment, index) =>
      segment.endsWith('*')
        ? path[index]!.startsWith(segment.slice(0, -1))
        : segment === path[index],
    )
  );
}
