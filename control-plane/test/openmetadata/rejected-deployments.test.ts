import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botTokens } from '../../src/openmetadata/deployments/bot-tokens.ts';
import { openSealer } from '../../src/openmetadata/sealing.ts';
import { eventually } from '../stage.ts';
import { SALES, unreachable } from './fakes.ts';
import {
  ingestionPipeline,
  openOpenMetadata,
  TOKEN,
  type AirflowAnswer,
  type OpenMetadataStage,
} from './stage.ts';

let om: OpenMetadataStage;
beforeEach(async () => {
  om = await openOpenMetadata();
});
afterEach(() => om.close());

function deploy(over: Readonly<Record<string, unknown>> = {}): Promise<AirflowAnswer> {
  return om.post('deploy', ingestionPipeline(over));
}

async function settled(): Promise<void> {
  await eventually(
    async () => (await om.stage.api.get('/api/v1/pipelines/sales.nightly')).status === 200,
  );
}

describe('a rejected deployment', () => {
  it.each([
    ['profiler', 'Profiles and sample rows are read by the metadata pipeline: see'],
    [
      'autoClassification',
      'Classifications of Salesforce fields are read by the metadata pipeline',
    ],
    ['lineage', 'Lineage of Salesforce objects is read by the metadata pipeline'],
    ['usage', 'no query log'],
    ['dbt', 'Runners run metadata pipelines'],
  ])('explains why a %s pipeline is not needed', async (pipelineType, words) => {
    const answer = await deploy({ pipelineType });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(words)]);
    expect(answer.text).toContain(
      `${pipelineType} pipelines of Salesforce services are not needed`,
    );
  });

  it.each([
    [
      'another connector',
      { serviceType: 'Snowflake' },
      {},
      'metadata pipelines of Snowflake services',
    ],
    [
      'another kind of service',
      {},
      { service: { type: 'dashboardService', name: 'x' } },
      'metadata pipelines of a dashboardService',
    ],
    [
      'no service',
      {},
      { service: null, pipelineType: 'application' },
      'application pipelines of a service without a type',
    ],
  ])('says that a pipeline of %s does not run on runners', async (_, service, over, words) => {
    om.servers.services.set('sales', { ...SALES, ...service });
    const answer = await deploy(over);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(words)]);
    expect(answer.text).toContain('openmetadata change --name prod --upstream-airflow');
  });

  it.each([
    ['a password', { password: 'hunter2' }, 'password'],
    ['several secrets', { password: 'a', consumerSecret: 'b' }, 'password, consumerSecret'],
    ['a certificate key', { sslConfig: { sslKey: '-----BEGIN' } }, 'sslConfig.sslKey'],
  ])('names the fields of %s in plain text, never their values', async (_, fields, names) => {
    om.servers.services.set('sales', { ...SALES, connection: { ...SALES.connection, ...fields } });
    const answer = await deploy();
    expect([answer.status, answer.text]).toEqual([
      400,
      `service sales holds secrets in plain text: ${names}. Edit the connection: enter a reference such as secret:/salesforce/prod/password, and store the value in the runner’s vault.`,
    ]);
    expect(`${answer.text}${om.log()}`).not.toContain('hunter2');
  });

  it.each(['*********', 'fernet:gAAAAABrCsa2'])(
    'does not take %s for a password',
    async (password) => {
      om.servers.services.set('sales', { ...SALES, connection: { ...SALES.connection, password } });
      const answer = await deploy();
      expect([answer.status, answer.text]).toEqual([
        400,
        expect.stringContaining('the server hides password from its bot'),
      ]);
    },
  );

  it.each([
    ['no token', { openMetadataServerConnection: {} }, 'no bot token'],
    [
      'a token with a line break',
      { openMetadataServerConnection: { securityConfig: { jwtToken: 'a\r\nb' } } },
      'no bot token',
    ],
    [
      'a bad filter',
      { sourceConfig: { config: { tableFilterPattern: { includes: ['('] } } } },
      'regular expression',
    ],
    [
      'a secret reference in an option',
      { sourceConfig: { config: { ownerConfig: { a: 'secret:/x' } } } },
      'ownerConfig.a',
    ],
    [
      'an unknown service',
      { service: { type: 'databaseService', name: 'gone' } },
      'has no database service gone',
    ],
  ])('has words for %s', async (_, over, words) => {
    const answer = await deploy(over);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(words)]);
  });

  it.each([
    ['expression', { scheduleInterval: '61 * * * *' }],
    ['time zone', { scheduleInterval: '0 3 * * *', pipelineTimezone: 'Mars/Olympus' }],
  ])('has words for a schedule with a wrong %s', async (_, airflowConfig) => {
    const answer = await deploy({ airflowConfig });
    expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(/61|Mars/)]);
    expect(await om.command('list')).toContain('0 deployed pipelines');
  });

  it('has words for an incomplete sign-in', async () => {
    om.servers.services.set('sales', { ...SALES, connection: { username: 'a' } });
    expect((await deploy()).text).toContain('needs password');
  });

  it('stores nothing when the server cannot be asked', async () => {
    om.servers.before = () => Promise.reject(unreachable());
    const answer = await deploy();
    expect([answer.status, answer.text]).toEqual([
      503,
      'failed to reach the server. Check the network.',
    ]);
    expect(await om.command('list')).toContain('0 deployed pipelines');
  });
});

describe('plain secrets that the operator allows', () => {
  it('run, and are not stored', async () => {
    await om.close();
    om = await openOpenMetadata(['--allow-plain-secrets']);
    om.servers.services.set('sales', {
      ...SALES,
      connection: { ...SALES.connection, password: 'hunter2' },
    });
    expect((await deploy()).status).toBe(200);
    await settled();
    const { body } = await om.stage.api.get('/api/v1/services/sales');
    expect(body.connection).not.toHaveProperty('password');
    expect(storeBytes()).not.toContain('hunter2');
  });
});

describe('the bot token', () => {
  it('is in the store only sealed, and in no log', async () => {
    await deploy();
    await settled();
    await om.post('trigger', { dag_id: 'nightly' });
    await deploy({ id: 'p2', name: 'refused', pipelineType: 'profiler' });
    expect(storeBytes()).toContain('sales.nightly');
    expect(storeBytes()).not.toContain(TOKEN.slice(25, 60));
    expect(om.log()).toContain('pipeline deployed');
    expect(om.log()).not.toContain(TOKEN.slice(25, 60));
  });

  it('is taken from the next deployment when it was rotated', async () => {
    await deploy();
    await om.post('trigger', { dag_id: 'nightly' });
    await deploy({ openMetadataServerConnection: { securityConfig: { jwtToken: 'rotated' } } });
    await om.post('trigger', { dag_id: 'nightly' });
    const tokens = botTokens(openSealer(om.stage.data, randomBytes));
    const opened = om.runs.triggered.map(({ deployment }) => tokens.of(deployment));
    expect(opened).toEqual([TOKEN, 'rotated']);
    expect(om.servers.tokens).toEqual([TOKEN, 'rotated']);
  });
});

/** The store’s files as text. */
function storeBytes(): string {
  return ['store.sqlite', 'store.sqlite-wal']
    .map((name) => readFileSync(join(om.stage.data, name), 'latin1'))
    .join('');
}
