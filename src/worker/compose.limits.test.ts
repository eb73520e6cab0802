import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import type { ConnectorLimits } from '../connectors/connector.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';
import type { SinkUse } from './sink-access.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'limits-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** What a run may read under a policy, whatever its job asks for. */
async function limitsOf(salesforce: object, sink: SinkUse): Promise<ConnectorLimits> {
  writeSettledPolicy(join(directory, 'policy.yaml'), {
    version: 1,
    plainTextSecrets: 'allow',
    salesforce,
  });
  const settings = workerSettings(directory, 'policy.yaml');
  const { document, workflow } = parseJobDocument(
    JSON.stringify(
      salesforceWorkflow(
        { consumerKey: 'key', consumerSecret: 'typed in', salesforceDomain: 'acme.my' },
        {
          includeDDL: true,
          includeOwners: true,
          profile: {},
          sampleRows: {},
          codeText: 'allow',
          owners: 'allow',
          limits: { sampleRows: true, codeText: true, profile: true, owners: true },
        },
        {
          salesforce: { sampleRows: 'allow', codeText: 'allow', profile: 'allow', owners: 'allow' },
        },
      ),
    ),
  );
  const access = await composeAccess({
    settings,
    connectors: [createSalesforceConnector()],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink,
  })({
    kind: 'metadata',
    document,
    workflow,
    connector: createSalesforceConnector(),
    signal: NEVER,
  });
  return access.limits;
}

describe('limits of a run beyond metadata', () => {
  it.each([
    ['unused', {}, false],
    ['unused', { codeText: 'local' }, false],
    ['unused', { codeText: 'deny' }, false],
    ['unused', { codeText: 'allow' }, true],
    ['required', {}, true],
    ['ifPermitted', {}, true],
    ['required', { codeText: 'deny' }, false],
    ['ifPermitted', { codeText: 'allow' }, true],
  ] as const)(
    'the text of code, with the sink %s and the policy %j: %s',
    async (sink, salesforce, expected) => {
      expect((await limitsOf(salesforce, sink)).codeText).toBe(expected);
    },
  );

  it.each([
    ['unused', {}, true],
    ['unused', { counts: 'local' }, false],
    ['unused', { counts: 'deny' }, false],
    ['required', { counts: 'local' }, true],
    ['required', { counts: 'deny' }, false],
  ] as const)(
    'numbers of rows, with the sink %s and the policy %j: %s',
    async (sink, salesforce, expected) => {
      expect((await limitsOf(salesforce, sink)).counts).toBe(expected);
    },
  );

  it.each([
    ['unused', {}, 'permitted'],
    ['unused', { metadata: 'local' }, 'POLICY_DENIED'],
    ['unused', { metadata: 'deny' }, 'POLICY_DENIED'],
    ['ifPermitted', { metadata: 'local' }, 'permitted'],
    ['ifPermitted', { metadata: 'deny' }, 'POLICY_DENIED'],
  ] as const)(
    'metadata itself, with the sink %s and the policy %j: %s',
    async (sink, salesforce, expected) => {
      const opened = limitsOf(salesforce, sink).then(
        () => 'permitted',
        (thrown: unknown) => RunnerError.from(thrown).code,
      );
      expect(await opened).toBe(expected);
    },
  );

  describe.each(['profile', 'owners'] as const)('(%s)', (key) => {
    it.each([
      ['unused', undefined, false],
      ['unused', 'local', false],
      ['unused', 'deny', false],
      ['unused', 'allow', true],
      ['required', undefined, true],
      ['ifPermitted', undefined, true],
      ['required', 'deny', false],
      ['ifPermitted', 'allow', true],
    ] as const)(
      'personal data, with the sink %s and the policy %j: %s',
      async (sink, said, expected) => {
        const others = {
          codeText: 'allow',
          profile: 'allow',
          owners: 'allow',
          sampleRows: 'allow',
        };
        expect((await limitsOf({ ...others, [key]: said }, sink))[key]).toBe(expected);
      },
    );
  });

  it.each([
    ['unused', {}, false],
    ['required', {}, false],
    ['unused', { sampleRows: 'allow' }, true],
    ['required', { sampleRows: 'allow' }, true],
  ] as const)(
    'sample rows, with the sink %s and the policy %j: %s',
    async (sink, salesforce, expected) => {
      expect((await limitsOf(salesforce, sink)).sampleRows).toBe(expected);
    },
  );
});
