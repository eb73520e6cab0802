import { sourceNetwork } from '../config/network-settings.ts';
import { createConnect } from '../network/open.ts';
import type { Logger } from '../observability/logger.ts';
import { createDial } from '../policy/dial.ts';
import { openPolicyForJob } from '../policy/open-policy.ts';
import { denial } from '../policy/policy.ts';
import { createProviders } from '../secrets/providers.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { createSecretSources } from '../secrets/resolver.ts';
import { scanForSecrets } from '../secrets/scan.ts';
import type { AttemptOptions } from './run-attempt.ts';
import type { WorkerSettings } from './settings.ts';

export interface AccessOptions {
  readonly settings: WorkerSettings;
  /** Learns every secret that is read; hand its `redact` to the attempt. */
  readonly redactor: Redactor;
  /** The local log. What it is told is not for the control plane. */
  readonly audit: Logger;
  /** For the environment provider. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/**
 * What stands between a job and the customer's network, in this order: the policy, read anew; the whole document,
 * searched for references in the wrong places; then secrets and connections that ask the policy at each use.
 */
export function composeAccess({ settings, redactor, audit, env }: AccessOptions): AttemptOptions['openAccess'] {
  return async ({ kind, document, workflow, connector }) => {
    const policy = await openPolicyForJob(settings.policyFile, audit);
    const decision = policy.checkJob({ kind });
    if (!decision.allowed) throw denial('POLICY_DENIED', `jobs of kind ${kind} are not permitted`, decision);
    const connection = workflow.source.serviceConnection.config;
    const { secretFields, type } = connector;
    const uses = scanForSecrets(document, { connectionAt: 'source.serviceConnection.config', secretFields, policy });
    const provider = createProviders(settings.secrets, env);
    const endpoints = connector.endpoints(connection);
    return {
      secrets: createSecretSources({ connection, secretFields, connector: type, endpoints, policy, provider, redactor, audit }),
      connect: createDial({ policy, connect: createConnect(await sourceNetwork(settings)), connector: type, uses, audit }),
      protect: (value) => redactor.add(value),
    };
  };
}
