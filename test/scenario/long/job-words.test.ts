import { describe, expect, it } from 'vitest';
import { compare, type Job, registerOrg, run, SECRET } from '../../support/guessed-secrets.ts';
import {
  openMetadataSchema,
  openMetadataSchemasPresent,
} from '../../support/openmetadata-schemas.ts';

/*
 * A control plane guesses a secret by writing it in every field of a job. Whatever comes back
 * (records, log lines, counts, progress, the outcome) must not differ from what comes back for
 * another text of the same form.
 */

registerOrg();

interface Property {
  readonly type?: string;
  readonly $ref?: string;
}

function propertiesIn(path: string): readonly (readonly [string, Property])[] {
  return openMetadataSchemasPresent
    ? Object.entries(openMetadataSchema(path)['properties'] as Readonly<Record<string, Property>>)
    : [];
}

/**
 * Every way in which a field takes text: as itself, in a list, in a pattern, as a member and as the
 * name of one.
 */
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

/**
 * A password in plain text is tried at Salesforce, which says whether it is right; the policy
 * permits that, or not.
 */
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
  'text of a job that equals a secret is returned like any other text',
  () => {
    it('in every field', () => {
      expect({ connection: IN_CONNECTION.length > 25, options: IN_OPTIONS.length > 25 }).toEqual({
        connection: true,
        options: true,
      });
    });

    it.each([...IN_CONNECTION, ...IN_OPTIONS, ...ELSEWHERE])('in %s', async (_at, jobWith) => {
      await compare(jobWith);
    });

    it.each([...IN_CONNECTION, ...ELSEWHERE])(
      'in %s of a connection test',
      async (_at, jobWith) => {
        await compare(jobWith, 'test_connection');
      },
    );

    it('with 900 guesses at once, one of them right', async () => {
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

    it('while the secret is redacted from texts of the org, whatever names the job uses', async () => {
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
