import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/store/schedule.ts';
import { eventually, SteppedClock } from '../stage.ts';
import { SALES } from './fakes.ts';
import {
  ingestionPipeline,
  openOpenMetadata,
  type AirflowAnswer,
  type OpenMetadataStage,
} from './stage.ts';

let om: OpenMetadataStage;
beforeEach(async () => {
  om = await openOpenMetadata();
});
afterEach(() => om.close());

const PIPELINE = '/api/v1/pipelines/sales.nightly';

function deploy(over: Readonly<Record<string, unknown>> = {}): Promise<AirflowAnswer> {
  return om.post('deploy', ingestionPipeline(over));
}

/** Waits until the pipeline exists. */
function settled(path = PIPELINE): Promise<Readonly<Record<string, unknown>>> {
  return eventually(async () => {
    const answer = await om.stage.api.get(path);
    return answer.status === 200 ? (answer.body as Readonly<Record<string, unknown>>) : undefined;
  });
}

describe('a deployment', () => {
  it('becomes a service and a pipeline that only OpenMetadata changes', async () => {
    const answer = await deploy({ loggerLevel: 'DEBUG' });
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: 'nightly deployed: runs on runners of pool default' },
    ]);
    expect(await settled()).toMatchObject({
      name: 'sales.nightly',
      displayName: 'Nightly',
      service: 'sales',
      sourceConfig: { type: 'DatabaseMetadata', includeViews: true },
      loggerLevel: 'DEBUG',
      origin: { endpoint: 'prod', id: '0552e22c-0f2a-453f-b29c-85e330c0683b' },
    });
    const { body } = await om.stage.api.get('/api/v1/services/sales');
    expect(body).toMatchObject({ pool: 'default', origin: { endpoint: 'prod', id: SALES.id } });
    expect(body.connection).toEqual({
      type: 'Salesforce',
      username: 'etl@acme.example',
      password: 'secret:/salesforce/prod/password',
      securityToken: 'secret:/salesforce/prod/token',
      salesforceDomain: 'acme.my',
      supportsMetadataExtraction: true,
    });
    for (const [path, what] of [
      [PIPELINE, 'pipeline sales.nightly'],
      ['/api/v1/services/sales', 'service sales'],
    ] as const) {
      const refused = await om.stage.api.delete(path);
      expect([refused.status, refused.body.error.message]).toEqual([
        409,
        `${what} is managed by OpenMetadata endpoint prod`,
      ]);
    }
  });

  it('takes effect once, as the last of a burst, after a quiet', async () => {
    await reopen(5000);
    const late = {
      airflowConfig: { scheduleInterval: '0 5 * * *', pipelineTimezone: 'Europe/Berlin' },
    };
    for (const over of [{}, late, { enabled: false }, late, {}, late])
      expect((await deploy(over)).status).toBe(200);
    expect((await om.stage.api.get(PIPELINE)).status).toBe(404);
    await settled();
    expect(om.log().match(/deployment took effect/g)).toHaveLength(1);
    expect(await schedule()).toMatchObject({ expression: '0 5 * * *', timezone: 'Europe/Berlin' });
  });

  it('is kept when an older version of it is deployed, for as long as servers merge edits', async () => {
    const clock = new SteppedClock();
    await om.close();
    om = await openOpenMetadata([], { clock });
    const at = (hour: number, updatedAt: number): Promise<AirflowAnswer> =>
      deploy({ updatedAt, airflowConfig: { scheduleInterval: `0 ${hour} * * *` } });
    const hour = async (): Promise<string | null | undefined> => {
      await om.post('trigger', { dag_id: 'nightly' });
      return (await schedule())?.expression;
    };
    await at(3, 1000);
    await at(5, 2000);
    expect((await at(3, 1000)).status).toBe(200);
    expect(await hour()).toBe('0 5 * * *');
    await at(7, 2000);
    expect(await hour()).toBe('0 7 * * *');
    expect((await at(3, 1000)).status).toBe(200);
    expect(await hour()).toBe('0 7 * * *');
    clock.step(16 * 60_000);
    await at(3, 1000);
    expect(await hour()).toBe('0 3 * * *');
  });

  it('takes effect at once when it is triggered', async () => {
    await reopen(600_000);
    await deploy();
    expect((await om.post('trigger', { dag_id: 'nightly' })).status).toBe(200);
    expect((await om.stage.api.get(PIPELINE)).status).toBe(200);
  });

  it('survives a restart within its quiet', async () => {
    await reopen(600_000);
    await deploy();
    await om.restart();
    await settled();
  });

  it('keeps the order of calls when the first is slow', async () => {
    await reopen(600_000);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    om.servers.before = () => held;
    const first = deploy({ loggerLevel: 'ERROR' });
    await eventually(async () => om.servers.tokens.length === 1);
    om.servers.before = () => Promise.resolve();
    const second = deploy({ loggerLevel: 'DEBUG' });
    // Time for the second to take effect if nothing holds it.
    for (let call = 0; call < 20; call += 1) await om.stage.api.get(PIPELINE);
    release();
    await Promise.all([first, second]);
    expect((await om.post('trigger', { dag_id: 'nightly' })).status).toBe(200);
    expect((await om.stage.api.get(PIPELINE)).body).toMatchObject({ loggerLevel: 'DEBUG' });
  });

  it('pauses and resumes its schedule', async () => {
    await deploy();
    expect((await om.post('disable', { dag_id: 'nightly' })).status).toBe(200);
    expect(await schedule()).toMatchObject({ paused: true });
    expect((await om.post('enable', { dag_id: 'nightly' })).status).toBe(200);
    expect(await schedule()).toMatchObject({ paused: false });
  });

  it.each([
    [{}, { expression: null, timezone: 'UTC', startAt: null, endAt: null, retries: 0 }],
    [
      {
        scheduleInterval: '@daily',
        startDate: '2026-11-28T06:00:00',
        endDate: '2027-01-01T00:00:00+02:00',
      },
      {
        expression: '@daily',
        startAt: Date.UTC(2026, 10, 28, 6),
        endAt: Date.UTC(2026, 11, 31, 22),
      },
    ],
    [
      {
        scheduleInterval: null,
        startDate: '2026-11-28',
        retries: 2,
        retryDelay: 60,
        pausePipeline: true,
      },
      { startAt: Date.UTC(2026, 10, 28), retries: 2, retryDelayMs: 60_000, paused: true },
    ],
  ])('takes the schedule from %j', async (airflowConfig, expected) => {
    await deploy({ airflowConfig });
    await settled();
    expect(await schedule()).toMatchObject({ paused: false, ...expected });
  });

  it('names options that runners do not know, and leaves them out', async () => {
    om.servers.services.set('sales', {
      ...SALES,
      connection: { ...SALES.connection, newField: 1 },
    });
    const config = { type: 'DatabaseMetadata', newOption: true };
    const { body } = await deploy({ sourceConfig: { config } });
    expect(body.message).toBe(
      'nightly deployed: runs on runners of pool default; ignored connection: newField; ignored options: newOption',
    );
    expect(await settled()).toMatchObject({ sourceConfig: { type: 'DatabaseMetadata' } });
  });
});

describe('profiles and sample rows', () => {
  it('are requested by every run, if the endpoint says so', async () => {
    await om.command('change', '--name', 'prod', '--profile', '--sample-rows');
    await deploy();
    const { sourceConfig } = await settled();
    expect(sourceConfig).toEqual({
      type: 'DatabaseMetadata',
      includeViews: true,
      profile: {},
      sampleRows: {},
    });
  });
});

describe('the pool of a deployment', () => {
  it.each([
    ['the path', `/pools/us`, {}, 'us'],
    ['the ingestion runner', '/pools/us', { ingestionRunner: { name: 'apac' } }, 'apac'],
    ['the default', '', {}, 'default'],
  ])('comes from %s', async (_, prefix, over, pool) => {
    const path = `${prefix}/api/v1/openmetadata/deploy`;
    expect((await om.call('POST', path, { body: ingestionPipeline(over) })).status).toBe(200);
    await settled();
    expect((await om.stage.api.get('/api/v1/services/sales')).body.pool).toBe(pool);
  });
});

describe('a deleted deployment', () => {
  it('leaves nothing: token, pipeline, service; deleting again does nothing', async () => {
    await deploy();
    await settled();
    for (let round = 0; round < 2; round++) {
      const { status, body } = await om.call(
        'DELETE',
        '/api/v2/openmetadata/delete?dag_id=nightly',
      );
      expect([status, body]).toEqual([200, { message: 'DAG [nightly] has been deleted' }]);
    }
    expect(om.runs.forgotten).toEqual(['nightly']);
    expect((await om.stage.api.get(PIPELINE)).status).toBe(404);
    expect((await om.stage.api.get('/api/v1/services/sales')).status).toBe(404);
    expect((await om.post('trigger', { dag_id: 'nightly' })).status).toBe(404);
    expect(await om.command('list')).toContain('0 deployed pipelines');
  });

  it('keeps the service while another pipeline of it is deployed', async () => {
    await deploy();
    await deploy({ id: 'p2', name: 'hourly' });
    await settled('/api/v1/pipelines/sales.hourly');
    await om.call('DELETE', '/api/v2/openmetadata/delete?dag_id=nightly');
    expect((await om.stage.api.get('/api/v1/services/sales')).status).toBe(200);
  });
});

/** Another control plane, with another quiet. */
async function reopen(deployQuietMs: number): Promise<void> {
  await om.close();
  om = await openOpenMetadata([], { deployQuietMs });
}

function schedule(): Promise<Schedule | undefined> {
  return om.read((read) => read.schedules.get('sales.nightly'));
}
