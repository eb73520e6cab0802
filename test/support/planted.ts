import type { Run } from '../../demo/control-plane-client.ts';
import { permitCanaries } from './canaries.ts';
import type { Stage } from './stage.ts';

/** Secrets that must not be found in what a runner shows. */
export const PLANTED = Array.from(
  { length: 100 },
  (_, index) => `planted-${index}-Xq7!${index * 7919}`,
);

const reference = (index: number): string => `secret:/canary/s${index}`;

/** Stores the secrets in the runner's vault, permits their use, and puts their texts in the org. */
export async function plantSecrets(stage: Stage): Promise<void> {
  permitCanaries(stage);
  const stored = PLANTED.map((value, index) => [reference(index), value] as const);
  await stage.store(Object.fromEntries(stored));
  await stage.admin('POST', '/org', {
    kind: 'addField',
    object: 'Account',
    field: { name: 'Leak__c', type: 'string', label: 'leak', description: PLANTED.join(' ') },
  });
}

/** Runs a job whose names are planted texts and whose sign-in fails with two of the secrets. */
export function runPlanted(stage: Stage, index: number): Promise<string> {
  return runService(stage, `svc ${PLANTED[index]}`, `planted-${index}`, {
    password: reference(index),
    securityToken: reference(index + 1),
  });
}

/** Runs a job of a new service whose sign-in fails; returns the state of the run. */
export async function runService(
  stage: Stage,
  service: string,
  pipeline: string,
  secrets: Readonly<Record<string, string>>,
): Promise<string> {
  await stage.client.call('PUT', `/api/v1/services/${encodeURIComponent(service)}`, {
    type: 'Salesforce',
    connection: {
      salesforceDomain: stage.sandbox.myDomain,
      username: `nobody-${pipeline}@acme.example`,
      ...secrets,
    },
  });
  await stage.client.call('PUT', `/api/v1/pipelines/${pipeline}`, { service });
  const { id } = await stage.client.call<Run>('POST', `/api/v1/pipelines/${pipeline}/runs`);
  return (await stage.ended(id)).state;
}
