import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { passwordReference, tokenReference } from '../../demo/setup.ts';
import type { Json } from '../../foundation/src/domain/json.ts';
import { salesforceWorkflow } from './salesforce-workflow.ts';
import type { Stage } from './stage.ts';

/** Writes a workflow for the org of a stage, with changes of its connection. Returns its path. */
export function writeWorkflow({ sandbox, place }: Stage, changes: Json = {}): string {
  const connection = {
    username: sandbox.credentials.username,
    password: passwordReference,
    securityToken: tokenReference,
    salesforceDomain: sandbox.myDomain,
    ...changes,
  };
  const document = salesforceWorkflow(
    connection,
    { type: 'DatabaseMetadata' },
    { workflowConfig: { loggerLevel: 'INFO' } },
  );
  const path = join(place.directory, 'workflow.yaml');
  writeFileSync(path, JSON.stringify(document));
  return path;
}
