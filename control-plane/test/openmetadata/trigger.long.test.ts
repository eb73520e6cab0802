import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../fake-runner.ts';
import { eventually, SteppedClock } from '../stage.ts';
import { accept, finish, linesOf, PARENTS, send, table } from './relay-attempt.ts';
import { CONNECTION, inProcess, RelayStage } from './relay-stage.ts';

let scene: RelayStage;
beforeEach(async () => {
  scene = await RelayStage.open();
});
afterEach(() => scene.close());

const path = () => `/services/ingestionPipelines/${scene.pipelineId}`;
const triggered = () =>
  scene.admin.post(`/services/ingestionPipelines/trigger/${scene.pipelineId}`);

describe('trigger', () => {
  it('reads the connection as it is now', async () => {
    await scene.deploy();
    const runner = await scene.runner();
    await scene.expect('PUT', '/services/databaseServices', {
      name: 'crm',
      serviceType: 'Salesforce',
      connection: { config: { ...CONNECTION, username: 'other@acme.example' } },
    });
    await scene.trigger();
    const { workflow } = await accept(runner);
    expect(workflow.source.serviceConnection.config.username).toBe('other@acme.example');
    const { body } = await scene.stage.api.get('/api/v1/services/crm');
    expect(body.connection.username).toBe('other@acme.example');
  });

  it('offers the workflow that users are shown to sign', async () => {
    await scene.deploy();
    const runner = await scene.runner();
    await scene.trigger();
    const { workflow } = await accept(runner);
    const { pipelineRunId: _runId, ...offered } = workflow;
    const { body } = await scene.stage.api.get('/api/v1/pipelines');
    const shown = `/api/v1/pipelines/${body.pipelines[0].name}/workflow`;
    expect((await scene.stage.api.get(shown)).body).toEqual(offered);
  });

  it('shows a connection with a secret in plain text as a failed run, with words', async () => {
    await scene.deploy();
    await scene.expect('PUT', '/services/databaseServices', {
      name: 'crm',
      serviceType: 'Salesforce',
      connection: { config: { ...CONNECTION, password: 'hunter2' } },
    });
    await scene.runner();
    const id = await scene.trigger();
    await scene.relayIs(id, 'done');
    expect(await scene.view(id)).toMatchObject({
      state: 'failed',
      startedAt: null,
      error: { code: 'SECRET_IN_PLAIN_TEXT' },
    });
    expect(scene.statuses[0]).toMatchObject({
      pipelineState: 'failed',
      status: [
        {
          name: 'Run',
          failures: [
            {
              name: 'SECRET_IN_PLAIN_TEXT',
              error: expect.stringContaining('holds secrets in plain text: password'),
            },
          ],
        },
      ],
    });
    const log = await scene.expect(
      'GET',
      `/services/ingestionPipelines/logs/${scene.pipelineId}/last`,
    );
    expect(JSON.stringify(log)).toContain('holds secrets in plain text: password');
    expect(JSON.stringify([scene.statuses, log])).not.toContain('hunter2');
  });

  it('shows a service that the server does not have any more as a failed run', async () => {
    await scene.deploy();
    scene.server.faults.push({ on: /^GET \/services\/databaseServices/, status: 404 });
    await scene.relayIs(await scene.trigger(), 'done');
    expect(JSON.stringify(scene.statuses[0])).toContain('the server has no service crm');
  });

  it('says that the server does not answer, and queues nothing', async () => {
    await scene.deploy();
    const fault = { on: /^GET \/services\/databaseServices/, status: 503, times: 100 };
    scene.server.faults.push(fault);
    const calls = scene.server.pipelining.client()!.calls;
    await triggered();
    expect(calls.at(-1)!.answer).toMatch(/SINK_BUSY: service/);
    expect(await scene.runIds()).toEqual([]);
  });

  it('takes settings for one run, and reports them with it', async () => {
    await scene.deploy();
    const runner = await scene.runner();
    const client = scene.server.pipelining.client()!;
    await client.trigger('nightly', { includeTags: false, overrideMetadata: true });
    const { workflow, ref } = await accept(runner);
    expect(workflow.source.sourceConfig.config).toMatchObject({ includeTags: false });
    await finish(runner, ref, linesOf('Account'));
    await eventually(async () => scene.statuses[0]?.['pipelineState'] === 'success');
    expect(scene.statuses[0]!['config']).toEqual({ includeTags: false, overrideMetadata: true });
    await client.trigger('nightly', { includeTag: false });
    await eventually(async () => scene.statuses.length === 2);
    expect(JSON.stringify(scene.statuses)).toMatch(/did you mean includeTags\?/);
  });

  it('passes on the debug toggle', async () => {
    await scene.deploy();
    const runner = await scene.runner();
    await scene.expect('PATCH', path(), [{ op: 'add', path: '/loggerLevel', value: 'DEBUG' }]);
    await scene.trigger();
    expect((await accept(runner)).workflow.workflowConfig.loggerLevel).toBe('DEBUG');
  });
});

describe('schedule', () => {
  it('starts a run of the deployed pipeline', async () => {
    // Some seconds before the minute, for which the test would wait otherwise.
    const clock = new SteppedClock();
    clock.step(50_000 - (clock.now() % 60_000));
    await scene.close();
    scene = await RelayStage.open({}, inProcess({}, clock));
    await scene.deploy({}, { airflowConfig: { scheduleInterval: '* * * * *' } });
    const runner = await scene.runner();
    const { ref, workflow } = await accept(runner);
    expect(workflow.ingestionPipelineFQN).toBe('crm.nightly');
    await finish(runner, ref, linesOf('Account'));
    await scene.relayIs(ref.runId, 'done');
    expect(scene.statuses[0]).toMatchObject({ pipelineState: 'success' });
  }, 120_000);
});

describe('link that is cut', () => {
  it('changes nothing: stored records are still written to the server, then the rest', async () => {
    await scene.deploy();
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    const first = [...PARENTS, table('Account')];
    await send(runner, ref, first);
    scene.disconnectRunners();
    await eventually(async () =>
      scene.server.store.find('databaseSchema', 'crm.default.salesforce'),
    );
    const held = [{ ref, durableSequence: first.length + 2, complete: true }];
    const { connection, welcome } = await connect('ws', scene.stage, scene.identity, { held });
    expect(welcome.positions[0]).toMatchObject({ storedSequence: first.length });
    await finish(connection, ref, [...first, table('Contact')], {}, first.length + 1);
    await scene.relayIs(id, 'done');
    connection.close();
    const names = scene.server.store.all('table').map(({ name }) => name);
    expect(names).toEqual(['Account', 'Contact']);
  });
});
