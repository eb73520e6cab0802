import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { createSalesforceConnector } from '../../src/connectors/salesforce/connector.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import type { Json } from '../../foundation/src/domain/json.ts';
import type { OutcomeRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { TrustStore } from '../../foundation/src/network/trust.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { composeAccess } from '../../src/worker/compose.ts';
import { runAttempt } from '../../src/worker/run-attempt.ts';
import { workerSettingsSchema } from '../../src/worker/settings.ts';
import { Stop } from '../../src/worker/stop.ts';
import { writeSettledPolicy } from './settled-policy.ts';

/** The password has the form of a name, so that it passes wherever a name does. */
export const SECRET = 'Winter2024pw';
const OTHER = 'Summer2031qx';

const trust = new TrustStore();
let sandbox: Sandbox;
let directory: string;

/** Registers the set-up and clean-up of a sandbox org and a runner's files with the test file. */
export function registerOrg(): void {
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 12, credentials: { password: SECRET } });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name: 'Leak__c', type: 'string', label: `the password is ${SECRET}` },
    });
    directory = mkdtempSync(join(tmpdir(), 'job-words-'));
    mkdirSync(join(directory, 'secrets'));
    for (const [name, value] of [
      ['sf.password', SECRET],
      ['sf.token', sandbox.credentials.securityToken],
    ]) {
      writeFileSync(join(directory, 'secrets', name!), value!);
      chmodSync(join(directory, 'secrets', name!), 0o600);
    }
    const host = `${sandbox.myDomain}.salesforce.com`;
    writeSettledPolicy(join(directory, 'policy.yaml'), {
      version: 1,
      plainTextSecrets: 'allow',
      salesforce: { sampleRows: 'allow', codeText: 'allow', profile: 'allow', owners: 'allow' },
      secrets: [
        {
          ref: '/sf/*',
          connector: 'salesforce',
          fields: ['password', 'securityToken'],
          hosts: [host],
        },
      ],
    });
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  });
}

export interface Job {
  readonly connection?: Json;
  readonly sourceConfig?: Json;
  readonly source?: Json;
  readonly top?: Json;
}

function documentOf({ connection, sourceConfig, source, top }: Job): string {
  return JSON.stringify({
    source: {
      type: 'salesforce',
      serviceName: 'crm',
      serviceConnection: {
        config: {
          type: 'Salesforce',
          username: sandbox.credentials.username,
          password: 'secret:/sf/password',
          securityToken: 'secret:/sf/token',
          salesforceDomain: sandbox.myDomain,
          sobjectNames: ['Account'],
          ...connection,
        },
      },
      sourceConfig: {
        config: {
          type: 'DatabaseMetadata',
          includeStoredProcedures: false,
          markDeletedSchemas: true,
          markDeletedDatabases: true,
          ...sourceConfig,
        },
      },
      ...source,
    },
    workflowConfig: { loggerLevel: 'DEBUG' },
    ...top,
  });
}

interface Seen {
  readonly lines: readonly string[];
  readonly progress: readonly string[];
}

/**
 * All that a run sends out. Time stands still, and what an org counts is left out, so that two runs
 * can be compared.
 */
export async function run(job: Job, kind: JobKind): Promise<Seen> {
  const lines: string[] = [];
  const progress: string[] = [];
  const redactor = createRedactor();
  const settings = workerSettingsSchema.parse({
    policyFile: join(directory, 'policy.yaml'),
    log: { level: 'error' },
    network: {
      noProxy: [],
      connectTo: sandbox.hosts.map((host) => ({
        from: { host, port: 443 },
        to: { host: '127.0.0.1', port: sandbox.port },
      })),
      caFile: sandbox.caFile,
    },
    secrets: {
      vault: { file: join(directory, 'vault'), keyFile: join(directory, 'key') },
      files: { directory: join(directory, 'secrets') },
      environment: { enabled: false },
      mounts: [],
    },
  });
  const now = Date.now();
  const connectors = [createSalesforceConnector({ pauseMs: 1, tries: 2 })];
  await runAttempt({
    job: {
      ref: { runId: 'r', attempt: 1, epoch: 1 } as never,
      kind,
      workflow: documentOf(job),
      deadlineMs: 60_000,
    },
    connectors,
    openAccess: composeAccess({
      settings,
      connectors,
      redactor,
      audit: silentLogger,
      env: {},
      sink: 'unused',
      trust,
    }),
    redact: (line) => redactor.redact(line),
    stop: new Stop(),
    clock: { ...systemClock, now: () => now - (now % 86_400_000) },
    random: systemRandom,
    logger: silentLogger,
    sink: {
      write: (line) => Promise.resolve(void lines.push(line.toString())),
      flush: () => Promise.resolve(),
    },
    onProgress: ({ phase, total }) => void progress.push(`${phase} of ${total}`),
  });
  return { lines: lines.map(comparable).sort(), progress: [...new Set(progress)].sort() };
}

function comparable(line: string): string {
  const record = JSON.parse(line) as RunRecord;
  const { digest: _, ...rest } = record as OutcomeRecord;
  return JSON.stringify(rest).replace(/"(?:apiCallsUsed24h|ms)":\d+|\d+ of \d+ API calls/g, 'n');
}

/** Puts the same mark in place of a text of the job, wherever it comes back as it was said. */
function neutral({ lines, progress }: Seen, said: string): Seen {
  const mark = (text: string): string => text.replace(new RegExp(said, 'gi'), '<said>');
  return { lines: lines.map(mark).sort(), progress: progress.map(mark).sort() };
}

export async function compare(
  jobWith: (said: string) => Job,
  kind: JobKind = 'metadata',
): Promise<readonly string[]> {
  const [guess, other] = [await run(jobWith(SECRET), kind), await run(jobWith(OTHER), kind)];
  expect(neutral(guess, SECRET)).toEqual(neutral(other, OTHER));
  return guess.lines;
}
