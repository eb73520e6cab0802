import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { createSalesforceConnector } from '../../src/connectors/salesforce/connector.ts';
import type { JobKind } from '../../src/domain/job.ts';
import type { OutcomeRecord, RunRecord } from '../../src/domain/record.ts';
import { silentLogger } from '../../src/observability/logger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { composeAccess } from '../../src/worker/compose.ts';
import { runAttempt } from '../../src/worker/run-attempt.ts';
import { workerSettingsSchema } from '../../src/worker/settings.ts';
import { Stop } from '../../src/worker/stop.ts';
import { openMetadataSchema, openMetadataSchemasPresent } from '../support/openmetadata-schemas.ts';

/*
 * A control plane guesses a secret by saying it, in every place of a job, and looks for any difference between what comes back
 * and what comes back of another text of the same form: records, log lines, counts, progress, how the run ends.
 */

/** The password has the form of a name, so that it passes wherever a name does. */
const SECRET = 'Winter2024pw';
const OTHER = 'Summer2031qx';

let sandbox: Sandbox;
let directory: string;

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
  writeFileSync(
    join(directory, 'policy.yaml'),
    JSON.stringify({
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
    }),
    { mode: 0o600 },
  );
});
afterAll(async () => {
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

type Json = Readonly<Record<string, unknown>>;

interface Job {
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

/** All that a run sends out. Time stands still, and what an org counts is left out, so that two runs can be compared. */
async function run(job: Job, kind: JobKind): Promise<Seen> {
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
  await runAttempt({
    job: {
      ref: { runId: 'r', attempt: 1, epoch: 1 } as never,
      kind,
      workflow: documentOf(job),
      deadlineMs: 60_000,
    },
    connectors: [createSalesforceConnector({ pauseMs: 1, tries: 2 })],
    openAccess: composeAccess({ settings, redactor, audit: silentLogger, env: {}, sink: 'unused' }),
    redact: (line) => redactor.redact(line),
    stop: new Stop(),
    clock: { ...systemClock, now: () => now - (now % 86_400_000) },
    random: systemRandom,
    logger: silentLogger,
    sink: {
      write: (line) => Promise.resolve(void lines.push(line)),
      flush: () => Promise.resolve(),
    },
    onProgress: ({ phase, total }) => void progress.push(`${phase} of ${total}`),
  });
  return { lines: lines.map(comparable).sort(), progress: [...new Set(progress)].sort() };
}

function comparable(line: string): string {
  const record = JSON.parse(line) as RunRecord;
  const { digest: _, ...rest } = record as OutcomeRecord;
  return JSON.stringify(rest).replace(/"usedOf24Hours":\d+|\d+ of \d+ API calls/g, 'n');
}

/** Puts the same mark in place of a text of the job, wherever it comes back as it was said. */
function neutral({ lines, progress }: Seen, said: string): Seen {
  const mark = (text: string): string => text.replace(new RegExp(said, 'gi'), '<said>');
  return { lines: lines.map(mark).sort(), progress: progress.map(mark).sort() };
}

async function compare(
  jobWith: (said: string) => Job,
  kind: JobKind = 'metadata',
): Promise<readonly string[]> {
  const [guess, other] = [await run(jobWith(SECRET), kind), await run(jobWith(OTHER), kind)];
  expect(neutral(guess, SECRET)).toEqual(neutral(other, OTHER));
  return guess.lines;
}

interface Property {
  readonly type?: string;
  readonly $ref?: string;
}

function propertiesIn(path: string): readonly (readonly [string, Property])[] {
  return openMetadataSchemasPresent
    ? Object.entries(openMetadataSchema(path)['properties'] as Readonly<Record<string, Property>>)
    : [];
}

/** Every way in which a field takes text: as itself, in a list, in a pattern, as a member and as the name of one. */
function shapes(
  name: string,
  { type, $ref }: Property,
): readonly (readonly [string, (said: string) => unknown])[] {
  const pattern = [
    [`${name}.includes`, (said: string) => ({ includes: [said, '.*'] })],
    [`${name}.excludes`, (said: string) => ({ excludes: [said] })],
  ] as const;
  if ($ref?.endsWith('filterPattern') === true) return pattern;
  const all = [
    [name, (said: string) => said],
    [`${name} with dots`, (said: string) => `a.${said}."b`],
    [`${name}[1]`, (said: string) => ['Account', said]],
    [`${name}.x`, (said: string) => ({ x: said })],
    [`the name of a member of ${name}`, (said: string) => ({ [said]: true })],
  ] as const;
  return type === 'string'
    ? all.slice(0, 2)
    : type === 'boolean' || type === 'integer'
      ? all.slice(0, 1)
      : all;
}

/** A password in plain text is tried at Salesforce, which says whether it is right; the policy permits that, or not. */
const TRIED = 'password';
const connectionFields = [
  ...propertiesIn('entity/services/connections/database/salesforceConnection.json').filter(
    ([name]) => name !== TRIED,
  ),
  ['sobjectName', { type: 'string' }],
  ['privateKey', { type: 'string' }],
] as const;
const pipelineFields = [
  ...propertiesIn('metadataIngestion/databaseServiceMetadataPipeline.json'),
  ['profile', {}],
  ['sampleRows', {}],
  ['markDeletedTablesFromFilterOnly', {}],
] as const;

const IN_CONNECTION = connectionFields.flatMap(([name, property]) =>
  shapes(name, property).map(
    ([at, shape]) =>
      [
        `connection: ${at}`,
        (said: string): Job => ({ connection: { [name]: shape(said) } }),
      ] as const,
  ),
);
const IN_OPTIONS = pipelineFields.flatMap(([name, property]) =>
  shapes(name, property).map(
    ([at, shape]) =>
      [
        `options: ${at}`,
        (said: string): Job => ({
          sourceConfig: { markDeletedTablesFromFilterOnly: true, [name]: shape(said) },
        }),
      ] as const,
  ),
);
const EVERYTHING = {
  includeStoredProcedures: true,
  includeDDL: true,
  includeOwners: true,
  profile: { maxApiCalls: 5 },
  sampleRows: { rows: 2, maxApiCalls: 5 },
};
const ELSEWHERE: readonly (readonly [string, (said: string) => Job])[] = [
  ['serviceName', (said) => ({ source: { serviceName: said } })],
  [
    'serviceName of a run that reads everything',
    (said) => ({
      source: { serviceName: said },
      connection: { databaseName: said, sobjectNames: ['Account', 'Contact', 'Opportunity'] },
      sourceConfig: EVERYTHING,
    }),
  ],
  ['serviceName with dots and quotes', (said) => ({ source: { serviceName: `a.${said}."b` } })],
  [
    'serviceName and databaseName',
    (said) => ({ source: { serviceName: said }, connection: { databaseName: said } }),
  ],
  [
    'serviceName, of which the secret is a part',
    (said) => ({ source: { serviceName: `x${said}y` } }),
  ],
  [
    'databaseName with what OpenMetadata reserves',
    (said) => ({ connection: { databaseName: `${said}>"` } }),
  ],
  [
    'filters over whole names',
    (said) => ({
      source: { serviceName: said },
      sourceConfig: {
        useFqnForFiltering: true,
        markDeletedTablesFromFilterOnly: true,
        tableFilterPattern: { includes: [`${said}\\..*`], excludes: [said] },
      },
    }),
  ],
  [
    'a filter that leaves nothing',
    (said) => ({
      connection: { databaseName: said },
      sourceConfig: { databaseFilterPattern: { excludes: [said] } },
    }),
  ],
  ['source.type', (said) => ({ source: { type: said } })],
  ['an unknown field of the connection', (said) => ({ connection: { [said]: said } })],
  ['an unknown option', (said) => ({ sourceConfig: { [said]: said } })],
  ['an unknown field of the source', (said) => ({ source: { [said]: said } })],
  ['an unknown field of the document', (said) => ({ top: { [said]: { [said]: said } } })],
  ['loggerLevel', (said) => ({ top: { workflowConfig: { loggerLevel: said } } })],
  [
    'ingestionPipelineFQN and pipelineRunId',
    (said) => ({ top: { ingestionPipelineFQN: `crm.${said}`, pipelineRunId: said } }),
  ],
  ['the sink', (said) => ({ top: { sink: { type: said, config: { [said]: said } } } })],
  [
    'the server of the sink',
    (said) => ({
      top: {
        workflowConfig: {
          openMetadataServerConfig: {
            hostPort: `https://${said}.example/api`,
            authProvider: said,
            securityConfig: { jwtToken: said },
          },
        },
      },
    }),
  ],
];

describe.runIf(openMetadataSchemasPresent)(
  'whether a text of a job is a secret makes no difference to what comes back',
  () => {
    it('looks at every field there is', () => {
      expect({ connection: IN_CONNECTION.length > 25, options: IN_OPTIONS.length > 25 }).toEqual({
        connection: true,
        options: true,
      });
    });

    it.each([...IN_CONNECTION, ...IN_OPTIONS, ...ELSEWHERE])('%s', async (_at, jobWith) => {
      await compare(jobWith);
    });

    it.each([...IN_CONNECTION, ...ELSEWHERE])('%s, in a connection test', async (_at, jobWith) => {
      await compare(jobWith, 'test_connection');
    });

    it('900 guesses at once, one of which is right', async () => {
      const guesses = (last: string): Job => ({
        connection: {
          sobjectNames: [
            'Account',
            ...Array.from({ length: 900 }, (_, index) => `Guess${index}`),
            last,
          ],
        },
      });
      const lines = await compare(guesses);
      expect(lines.filter((line) => line.includes('SALESFORCE_NOT_FOUND')).length).toBeGreaterThan(
        900,
      );
      expect(lines.join('')).toContain('sobjectNames[901]');
    });

    it('while the secret is taken out of what the org says, whatever the job calls things', async () => {
      for (const job of [
        {},
        { source: { serviceName: SECRET } },
        { connection: { databaseName: SECRET } },
      ]) {
        const { lines } = await run(job, 'metadata');
        const said = lines.filter((line) => line.includes('Leak__c'));
        expect(said.some((line) => line.includes('the password is [secret]'))).toBe(true);
        expect(said.some((line) => line.includes(`the password is ${SECRET}`))).toBe(false);
      }
    });
  },
);
