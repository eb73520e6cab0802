import type { Connector, ConnectorLimits } from '../connectors/connector.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import { createDial } from '../policy/dial.ts';
import { createOrganizationCheck } from '../policy/organization-check.ts';
import type { Limits, Reach } from '../policy/limits.ts';
import type { JobFacts, SecretUse } from '../policy/policy.ts';
import { createSecretSources } from '../secrets/resolver.ts';
import type { SecretSourceOptions } from '../secrets/source-options.ts';
import type { SecretPlace } from '../secrets/scan.ts';
import type { Access, AccessRequest } from './access.ts';
import type { WorkerSettings } from './settings.ts';
import type { SinkUse } from './sink-access.ts';
import { secretDirectories } from '../secrets/providers/registry.ts';

/** What access to a host is made of, for a source and for a sink. */
export interface AccessDeps extends Pick<
  SecretSourceOptions,
  'policy' | 'provider' | 'versions' | 'clock' | 'readLimits' | 'trail' | 'audit' | 'metrics'
> {
  /** Opens connections to any host; only `createDial` may use it. */
  readonly connect: Connect;
  readonly redactor: { readonly add: (value: string) => void };
}

/** Where references to the source's secrets may be in the document. */
export function sourcePlace({
  secretFields,
  fileFields = {},
  authorityFields,
}: Connector): SecretPlace {
  const at = 'source.serviceConnection.config';
  return { at, fields: secretFields, fileFields: Object.keys(fileFields), authorityFields };
}

interface SourceOptions {
  readonly request: AccessRequest;
  /** Every endpoint that the connector signs in to. */
  readonly endpoints: readonly Endpoint[];
  /** Every secret of the source that the document refers to. */
  readonly uses: readonly SecretUse[];
  readonly settings: WorkerSettings;
}

export function sourceAccess(
  { request: { kind, connector, workflow }, endpoints, uses, settings }: SourceOptions,
  { connect, ...deps }: AccessDeps,
): Pick<Access, 'secrets' | 'connect' | 'admitOrganization' | 'noteFailedSignIn' | 'protect'> {
  const { policy, redactor, trail, audit } = deps;
  const { config: connection } = workflow.source.serviceConnection;
  const { type, secretFields, fileFields } = connector;
  const job = { connector: type, kind, account: connector.account?.(connection) };
  return {
    secrets: createSecretSources({
      ...deps,
      ...job,
      connection,
      secretFields,
      fileFields,
      endpoints,
      secretDirectories: secretDirectories(settings.secrets),
    }),
    connect: createDial({ ...job, policy, connect, uses, trail, audit }),
    admitOrganization: createOrganizationCheck({ ...job, policy, endpoints, uses, trail, audit }),
    noteFailedSignIn: failedSignIns({ ...job, trail }),
    protect: (value) => redactor.add(value),
  };
}

/** A line of the audit trail for each. */
function failedSignIns({
  connector,
  kind,
  account,
  trail,
}: JobFacts & Pick<AccessDeps, 'trail'>): Access['noteFailedSignIn'] {
  const facts = { decision: 'reject', connector, kind, user: account?.user };
  return (code) => trail.record({ event: 'signIn', ...facts, code });
}

/** A run of a control plane (`unused`) gets only what is `allow`. */
export function permits(reach: Reach, sink: SinkUse): boolean {
  return reach === 'allow' || (reach === 'local' && sink !== 'unused');
}

export function limitsFor(stated: Limits, sink: SinkUse): ConnectorLimits {
  const { metadata: _decided, ...limits } = stated;
  return {
    ...limits,
    counts: permits(limits.counts, sink),
    codeText: permits(limits.codeText, sink),
    profile: permits(limits.profile, sink),
    owners: permits(limits.owners, sink),
  };
}
