import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { newSigningKey, signFor } from '../../test/support/signed-jobs.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { auditDirectory } from '../audit/trail.ts';
import { trailFiles } from '../audit/files.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';
import type { SinkUse } from './sink-access.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';

const KEY = newSigningKey();
const OWN = 'a'.repeat(64);
const DOCUMENT = salesforceWorkflow({
  consumerKey: 'key',
  consumerSecret: 'secret:/salesforce/app',
  salesforceDomain: 'acme.my',
});
const SIGNATURE = signFor(KEY, DOCUMENT, { aud: [`runner:${OWN}`] }, Date.now());

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signed-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Attempt {
  readonly mode: 'off' | 'warn' | 'required';
  readonly signature?: string | undefined;
  readonly sink?: SinkUse;
  /** By default, of its own. */
  readonly stateDir?: string;
}

const newStateDir = (): Promise<string> => mkdtemp(join(directory, 'state-'));

/** Code of the rejection, lines of the local log, and events of the audit trail. */
async function open({ mode, signature, sink = 'unused', ...more }: Attempt) {
  const { stateDir = await newStateDir() } = more;
  const keys = [{ name: KEY.name, publicKey: KEY.publicKey }];
  const policy = { version: 1, jobs: { signatures: mode, keys } };
  writeSettledPolicy(join(directory, `${mode}.yaml`), policy);
  const settings = { ...workerSettings(directory, `${mode}.yaml`), stateDir, fingerprint: OWN };
  const logged: string[] = [];
  const connector = createSalesforceConnector();
  const access = composeAccess({
    settings,
    connectors: [connector],
    redactor: createRedactor(),
    audit: {
      ...silentLogger,
      log: (_level, message, data) => logged.push(`${message}: ${String(data?.['code'])}`),
    },
    env: {},
    sink,
  });
  const { document, workflow } = parseJobDocument(JSON.stringify(DOCUMENT));
  const request = {
    kind: 'metadata' as const,
    document,
    workflow,
    connector,
    signature,
    signal: NEVER,
  };
  const code = await access(request).then(
    () => 'opened',
    (thrown: unknown) => RunnerError.from(thrown).code,
  );
  const all = await eventsIn(stateDir);
  const isPolicy = ({ event }: (typeof all)[number]): boolean => event === 'policy';
  const events = all.filter((each) => !isPolicy(each));
  return { code, logged, events, policies: all.filter(isPolicy) };
}

async function eventsIn(stateDir: string): Promise<readonly Record<string, unknown>[]> {
  const [file] = await trailFiles(nodeDisk, auditDirectory(stateDir)).catch(() => []);
  if (file === undefined) return [];
  const opened = await nodeDisk.open(file.path, 'read');
  const text = (await opened.read(0, await opened.size())).toString();
  await opened.close();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a worker', () => {
  it('records the policy that decides about a job, also if it is in force for that job only', async () => {
    const stateDir = await newStateDir();
    await open({ mode: 'off', stateDir });
    await open({ mode: 'warn', stateDir });
    const { policies } = await open({ mode: 'off', stateDir });
    expect(policies.map(({ signatures }) => signatures)).toEqual(['off', 'warn', 'off']);
    const [first, second, third] = policies.map(({ sha256 }) => sha256);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });

  it('reads no secret for a job that is not signed, and records the rejection', async () => {
    const { code, events } = await open({ mode: 'required' });
    expect(code).toBe('JOB_UNSIGNED');
    expect(events).toMatchObject([
      { event: 'jobSignature', decision: 'deny', code: 'JOB_UNSIGNED' },
    ]);
  });

  it('records who has signed a job', async () => {
    const { code, events, logged } = await open({ mode: 'required', signature: SIGNATURE });
    expect([code, logged]).toEqual(['opened', []]);
    expect(events).toMatchObject([
      {
        event: 'jobSignature',
        decision: 'allow',
        key: 'operations',
        name: 'nightly run',
        until: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      },
    ]);
  });

  it('logs and records what it would reject, if the policy only warns', async () => {
    const { code, events, logged } = await open({ mode: 'warn', signature: `${SIGNATURE}A` });
    expect(code).toBe('opened');
    expect(events).toMatchObject([{ decision: 'warn', code: 'JOB_SIGNATURE_MALFORMED' }]);
    expect(logged).toEqual([
      'job has no valid signature; it runs because jobs.signatures is warn: JOB_SIGNATURE_MALFORMED',
    ]);
  });

  it.each([
    { mode: 'off' as const },
    { mode: 'off' as const, signature: 'not a signature' },
    { mode: 'required' as const, sink: 'ifPermitted' as const },
  ])('asks for no signature where none is required, or on this machine: %j', async (attempt) => {
    const { code, events, logged } = await open(attempt);
    expect([code, events, logged]).toEqual(['opened', [], []]);
  });
});
