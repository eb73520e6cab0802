import { resolve, sep } from 'node:path';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import { formatEndpoint, type Endpoint } from '../../foundation/src/network/endpoint.ts';
import { unmetBinding } from './bindings.ts';
import { classifyAddress } from './address.ts';
import { allAllowed, allow, deny, type Decision, type Denied } from './decision.ts';
import { formatHostRule, hostMatches } from './host-rule.ts';
import { compileLimits, NOTHING_PERMITTED } from './limits.ts';
import type { AuthorityOrigin, FileDecision, JobFacts, Policy, SecretUse } from './policy.ts';
import { referenceMatches } from './reference-pattern.ts';
import { compileSigning } from './signatures/signing-rules.ts';
import { formatTimeWindow } from './time-window.ts';
import { allowBy, runLimitsOf } from './rule-limits.ts';
import { policyKey, type PolicyDocument, type PolicyRules } from './schema.ts';

// Invariants:
// 1. Only a line of the file allows anything. A message from a control plane asks for a decision
//    and never influences it.
// 2. A job that uses secrets connects only to hosts that every one of these secrets is bound to,
//    for that connector and field. Hosts of network.allow are for jobs without secrets only:
//    otherwise a secret could be sent to one of them.
// 3. Link-local and metadata addresses are denied regardless of the file.

/** `file` is to display. */
export function compilePolicy(
  { rules, limits }: PolicyDocument,
  file: string,
  { lineOf, fingerprint }: Pick<Policy, 'lineOf' | 'fingerprint'>,
): Policy {
  return {
    present: true,
    fingerprint,
    checkJob: ({ kind }) => checkJob(rules, kind),
    signing: compileSigning(rules.jobs),
    secretPermitted: ({ hosts, path, field, ...job }) =>
      allAllowed(
        hosts.map((host) => checkSecret(rules, { path, field }, job, host)),
        deny('secrets', 'the connection has no host to bind the secret to'),
      ),
    plainTextPermitted: () => checkPlainText(rules),
    filePermitted: (path) => checkFile(rules, path),
    filesDirectory: rules.files.directory,
    hostPermitted: (endpoint, { uses, ...job }) =>
      uses.length === 0
        ? checkAllowedHost(rules, endpoint)
        : allAllowed(
            uses.map((use) => checkSecret(rules, use, job, endpoint)),
            deny('secrets', 'the job uses no secret'),
          ),
    organizationPermitted: (endpoints, { uses, ...job }) =>
      checkOrganization(rules, uses, job, endpoints),
    runLimits: (hosts, { uses, ...job }) => runLimitsOf(permitting(rules, uses, job, hosts)),
    authorityPermitted: (origin) => checkAuthority(rules, origin),
    namesHost: (endpoint, connector) => namesHost(rules, endpoint, connector),
    addressPermitted: (address) => checkAddress(rules, address),
    limitsFor: (connector) => {
      const found = limits.get(policyKey(connector));
      return found === undefined ? NOTHING_PERMITTED : compileLimits(found);
    },
    lineOf,
    outline: { secrets: rules.secrets, hosts: rules.network.allow },
    toDocument: () => toDocument({ rules, limits }, file),
  };
}

function checkJob({ jobs }: PolicyRules, kind: JobKind): Decision {
  return jobs.kinds.includes(kind)
    ? allow('jobs.kinds')
    : deny('jobs.kinds', `${kind} is not listed in jobs.kinds`);
}

interface Asking extends JobFacts {
  readonly now?: number | undefined;
}

/** The reason of a denial is that of the first rule that would permit other circumstances. */
function checkSecret(
  { secrets }: PolicyRules,
  use: SecretUse,
  job: Asking,
  endpoint: Endpoint,
): Decision {
  const { connector } = job;
  let denied: Denied | undefined;
  for (const [index, rule] of secrets.entries()) {
    if (!covers(rule, use, connector, endpoint)) continue;
    const unmet = unmetBinding(rule, job);
    if (unmet === undefined) return allowBy(`secrets[${index}]`, rule);
    denied ??= deny(`secrets[${index}].${unmet.key}`, unmet.reason);
  }
  if (denied !== undefined) return denied;
  const reference = `/${use.path.join('/')}`;
  const host = formatEndpoint(endpoint);
  return deny('secrets', `no rule binds ${reference} as ${use.field} of ${connector} to ${host}`);
}

/** All rules that permit one of the uses. Which of them will may depend on the organization. */
function permitting(
  { secrets }: PolicyRules,
  uses: readonly SecretUse[],
  job: Asking,
  endpoints: readonly Endpoint[],
): Decision[] {
  const isCovered = (rule: PolicyRules['secrets'][number]): boolean =>
    uses.some((use) => endpoints.some((host) => covers(rule, use, job.connector, host)));
  return secrets.flatMap((rule, index) =>
    isCovered(rule) && unmetBinding(rule, job) === undefined
      ? [allowBy(`secrets[${index}]`, rule)]
      : [],
  );
}

function covers(
  rule: PolicyRules['secrets'][number],
  use: SecretUse,
  connector: string,
  endpoint: Endpoint,
): boolean {
  return (
    rule.connector === connector.toLowerCase() &&
    rule.fields.includes(use.field) &&
    referenceMatches(rule.ref, use.path) &&
    rule.hosts.some((host) => hostMatches(host, endpoint))
  );
}

/** A job without secrets is bound to no organization. */
function checkOrganization(
  rules: PolicyRules,
  uses: readonly SecretUse[],
  job: JobFacts,
  endpoints: readonly Endpoint[],
): Decision {
  if (uses.length === 0) return allow('secrets');
  return allAllowed(
    checkAll(rules, uses, job, endpoints),
    deny('secrets', 'the connection has no host to bind the secret to'),
  );
}

/** Each secret at each host. */
function checkAll(
  rules: PolicyRules,
  uses: readonly SecretUse[],
  job: JobFacts,
  endpoints: readonly Endpoint[],
): Decision[] {
  return uses.flatMap((use) => endpoints.map((host) => checkSecret(rules, use, job, host)));
}

function checkAuthority({ network }: PolicyRules, origin: AuthorityOrigin): Decision {
  const rule = 'network.jobCertificateAuthorities';
  const { jobCertificateAuthorities: permitted } = network;
  return permitted === 'allow' || (permitted === 'local' && origin === 'local')
    ? allow(rule)
    : deny(rule, `${rule} is ${permitted}`);
}

function checkPlainText({ plainTextSecrets }: PolicyRules): Decision {
  return plainTextSecrets === 'allow'
    ? allow('plainTextSecrets')
    : deny('plainTextSecrets', 'secrets in plain text are not permitted');
}

function checkFile({ files: { directory } }: PolicyRules, path: string): FileDecision {
  const rule = 'files.directory';
  if (directory === undefined)
    return deny(rule, 'files.directory is not set in the policy, so jobs cannot name files');
  const root = directory.endsWith(sep) ? directory : resolve(directory) + sep;
  return resolve(path).startsWith(root)
    ? { ...allow(rule), directory }
    : deny(rule, 'the file is outside files.directory of the policy');
}

function checkAllowedHost({ network }: PolicyRules, endpoint: Endpoint): Decision {
  const index = network.allow.findIndex((host) => hostMatches(host, endpoint));
  return index >= 0
    ? allow(`network.allow[${index}]`)
    : deny('network.allow', 'the host is not listed in network.allow');
}

function namesHost(
  { secrets, network }: PolicyRules,
  endpoint: Endpoint,
  connector: string,
): boolean {
  const bound = secrets
    .filter((rule) => rule.connector === connector.toLowerCase())
    .flatMap(({ hosts }) => hosts);
  return [...bound, ...network.allow].some((host) => hostMatches(host, endpoint));
}

function checkAddress({ network }: PolicyRules, address: string): Decision {
  const rule = 'network.allowPrivateAddresses';
  const kind = classifyAddress(address);
  if (kind === 'forbidden')
    return deny('built in', 'link-local, metadata and reserved addresses are always denied');
  return kind === 'public' || network.allowPrivateAddresses
    ? allow(rule)
    : deny(rule, 'private addresses are not permitted');
}

function toDocument(
  { rules, limits }: PolicyDocument,
  file: string,
): Readonly<Record<string, unknown>> {
  return {
    file,
    ...rules,
    secrets: rules.secrets.map(({ hosts, times, ...rule }) => ({
      ...rule,
      hosts: hosts.map(formatHostRule),
      ...(times === undefined ? {} : { times: times.map(formatTimeWindow) }),
    })),
    network: { ...rules.network, allow: rules.network.allow.map(formatHostRule) },
    ...Object.fromEntries(limits),
  };
}
