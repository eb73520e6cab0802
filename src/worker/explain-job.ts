import { type JobKind, yieldsEntities } from '../../foundation/src/domain/job.ts';
import { formatEndpoint } from '../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Connector } from '../connectors/connector.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import { allow, deny, type Decision } from '../policy/decision.ts';
import type { JobFacts, Policy, SecretUse } from '../policy/policy.ts';
import { policyKey } from '../policy/schema.ts';
import { looksLikeFile } from '../secrets/job-file.ts';
import { formatReference, parseReference } from '../secrets/reference.ts';
import { valueAt } from '../secrets/resolver.ts';
import { scanForSecrets } from '../secrets/scan.ts';
import { type ExplainedLimit, limitsOfJob } from './explain-limits.ts';
import { limitsFor, permits, sourcePlace } from './source-access.ts';

export interface ExplainedJob {
  /** What the job needs; it runs only if all of it is allowed. */
  readonly access: readonly Explained[];
  /** Data that may leave if the job asks for it. */
  readonly leaves: readonly Explained[];
  /** What bounds it, if it is allowed. */
  readonly limits: readonly ExplainedLimit[];
}

export interface Explained {
  /** From the whole to the part: `secret:/a/b as password`, `acme.my.salesforce.com:443`. */
  readonly about: readonly string[];
  readonly decision: Decision;
}

export interface ExplainOptions {
  readonly policy: Policy;
  readonly kind: JobKind;
  /** As received, with parts that `workflow` leaves out. */
  readonly document: unknown;
  readonly workflow: Workflow;
  readonly connector: Connector;
  /** When the secrets would be read, in milliseconds of Unix time. */
  readonly now: number;
}

/** What may leave, each with a key of its own in the policy. */
export const DATA = ['metadata', 'counts', 'profile', 'owners', 'sampleRows', 'codeText'] as const;
export type DataKind = (typeof DATA)[number];

/** What the policy decides about a job of a control plane. Reads no secret and connects nowhere. */
export function explainJob(options: ExplainOptions): ExplainedJob {
  const { policy, kind } = options;
  return {
    access: [
      { about: ['job', kind], decision: policy.checkJob({ kind }) },
      ...(yieldsEntities(kind) ? [aboutData('metadata', options)] : []),
      ...aboutDocument(options),
      ...aboutConnection(options),
    ],
    leaves: DATA.map((data) => aboutData(data, options)),
    limits: aboutLimits(options),
  };
}

/** What rules of the policy decide is explained field by field, with its rule. */
const WITHOUT_RULES = {
  plainTextPermitted: () => allow('built in'),
  filePermitted: () => ({ ...allow('built in'), directory: '/' }),
  authorityPermitted: () => allow('built in'),
};

function aboutDocument({ document, connector }: ExplainOptions): Explained[] {
  try {
    scanForSecrets(document, { policy: WITHOUT_RULES, places: [sourcePlace(connector)] });
    return [];
  } catch (thrown) {
    const { code, message } = RunnerError.from(thrown);
    return [{ about: ['document', code], decision: deny('built in', message) }];
  }
}

function aboutConnection({ policy, kind, workflow, connector, now }: ExplainOptions): Explained[] {
  const { config } = workflow.source.serviceConnection;
  const facts: JobFacts = {
    connector: connector.type,
    kind,
    account: connector.account?.(config),
  };
  const uses: SecretUse[] = [];
  const explained: Explained[] = [];
  const hosts = connector.endpoints(config);
  for (const field of connector.secretFields) {
    const value = valueAt(config, field);
    if (typeof value !== 'string' || value === '') continue;
    const path = parseReference(value);
    explained.push(...aboutAuthority(field, value, policy, connector));
    if (path === undefined) explained.push(aboutValue(field, value, policy, connector));
    else {
      uses.push({ path, field });
      for (const host of hosts)
        explained.push({
          about: [`${formatReference(path)} as ${field}`, formatEndpoint(host)],
          decision: policy.secretPermitted({ path, field, ...facts, hosts: [host], now }),
        });
    }
  }
  const dials = hosts.map((host) => ({
    about: ['connection', formatEndpoint(host)],
    decision: policy.hostPermitted(host, { ...facts, uses }),
  }));
  return [...explained, ...dials];
}

function aboutLimits({
  policy,
  kind,
  workflow,
  connector,
  now,
}: ExplainOptions): readonly ExplainedLimit[] {
  const { config } = workflow.source.serviceConnection;
  const uses = connector.secretFields.flatMap((field) => {
    const path = parseReference(String(valueAt(config, field)));
    return path === undefined ? [] : [{ path, field }];
  });
  const account = connector.account?.(config);
  const job = { connector: connector.type, kind, account, uses, now };
  return limitsOfJob(policy, connector.endpoints(config), job);
}

function aboutAuthority(
  field: string,
  value: string,
  policy: Policy,
  { authorityFields = [], fileFields = {} }: Connector,
): Explained[] {
  if (!authorityFields.includes(field)) return [];
  const isFile = Object.hasOwn(fileFields, field) && looksLikeFile(value);
  const isLocal = parseReference(value) !== undefined || isFile;
  const decision = policy.authorityPermitted(isLocal ? 'local' : 'job');
  return [{ about: [`CA certificate as ${field}`], decision }];
}

function aboutValue(
  field: string,
  value: string,
  policy: Policy,
  { fileFields = {} }: Connector,
): Explained {
  return Object.hasOwn(fileFields, field) && looksLikeFile(value)
    ? { about: [`file as ${field}`, value], decision: policy.filePermitted(value) }
    : { about: [`plain text as ${field}`], decision: policy.plainTextPermitted() };
}

function aboutData(data: DataKind, { policy, connector }: ExplainOptions): Explained {
  const rule = `${policyKey(connector.type)}.${data}`;
  const stated = policy.limitsFor(connector.type);
  const limits = {
    ...limitsFor(stated, 'unused'),
    metadata: permits(stated.metadata, 'unused'),
  };
  return {
    about: ['data', data],
    decision: limits[data] ? allow(rule) : deny(rule, `is ${wordOf(stated[data])}`),
  };
}

function wordOf(value: boolean | string): string {
  return value === false ? 'deny' : String(value);
}
