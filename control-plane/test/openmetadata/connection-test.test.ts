import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../foundation/src/domain/json.ts';
import { stepLine } from '../fake-records.ts';
import { connect } from '../fake-runner.ts';
import { startProgram, type Program } from '../program.ts';
import { eventually, SteppedClock } from '../stage.ts';
import { accept, finish, send } from './relay-attempt.ts';
import { CONNECTION, inProcess, RelayStage } from './relay-stage.ts';

let clock: SteppedClock;
let scene: RelayStage;
beforeEach(async () => {
  clock = new SteppedClock();
  scene = await RelayStage.open({}, inProcess({}, clock));
});
afterEach(() => scene.close());

const WITHIN_SECONDS_MS = 6_000;
const STEPS = ['CheckAccess', 'GetObjects', 'GetFields', 'GetLimits', 'GetSetup'];

/** Tests a connection as the dialog of the interface does; resolves with the workflow’s id. */
async function begin(config: Json = CONNECTION, serviceName?: string): Promise<string> {
  const { id } = await scene.expect('POST', '/automations/workflows', {
    name: `test-connection-${Math.random()}`,
    workflowType: 'TEST_CONNECTION',
    request: {
      connection: { config },
      serviceType: 'Database',
      connectionType: 'Salesforce',
      ...(serviceName === undefined ? {} : { serviceName }),
    },
  });
  await scene.expect('POST', `/automations/workflows/trigger/${String(id)}`);
  return String(id);
}

const workflow = (id: string) => scene.expect('GET', `/automations/workflows/${id}`);
const ended = (id: string): Promise<Json> =>
  eventually(async () => {
    const { status, response } = await workflow(id);
    return status === 'Successful' && (response as Json);
  }, 60_000);

function tests(): readonly object[] {
  const database = new DatabaseSync(join(scene.folder, 'store.sqlite'), { readOnly: true });
  try {
    return database.prepare('SELECT run_id FROM connection_tests').all();
  } finally {
    database.close();
  }
}

function failedStep(name: string, mandatory = true): string {
  const error = { code: 'HOST_DENIED', message: 'not allowed', remedy: 'Ask the admin.' };
  return JSON.stringify({ kind: 'step', name, passed: false, mandatory, message: '', error });
}

describe('connection test in the dialog', () => {
  it('passes when every step of the runner has, and shows progress', async () => {
    const runner = await scene.runner();
    const id = await begin();
    const { ref, workflow: job } = await accept(runner);
    expect(job.source.serviceConnection.config).toMatchObject({
      password: 'secret:/salesforce/password',
      securityToken: 'secret:/salesforce/token',
    });
    const lines = STEPS.map((name) => stepLine(name));
    await send(runner, ref, lines.slice(0, 2));
    await eventually(async () => {
      const { response } = await workflow(id);
      return JSON.stringify(response ?? {}).includes('passed: CheckAccess, GetObjects');
    });
    await finish(runner, ref, lines, {}, 3);
    const response = await ended(id);
    expect(response).toMatchObject({
      status: 'Successful',
      steps: [{ name: 'CheckAccess', passed: true, message: `passed: ${STEPS.join(', ')}` }],
    });
  });

  it('fails when one step has, and says which, why and what to do', async () => {
    const runner = await scene.runner();
    const id = await begin();
    const { ref } = await accept(runner);
    await finish(runner, ref, [stepLine('CheckAccess'), failedStep('GetObjects')]);
    const response = await ended(id);
    expect(response).toMatchObject({
      status: 'Failed',
      steps: [
        {
          name: 'CheckAccess',
          passed: false,
          message: 'GetObjects failed: not allowed',
          errorLog: 'GetObjects: HOST_DENIED: not allowed\nAsk the admin.',
        },
      ],
    });
  });

  it('warns when only an optional step has failed', async () => {
    const runner = await scene.runner();
    const id = await begin();
    const { ref } = await accept(runner);
    await finish(runner, ref, [stepLine('CheckAccess'), failedStep('GetSetup', false)]);
    const message = 'GetSetup failed: not allowed';
    const step = { name: 'CheckAccess', mandatory: false, passed: false, message };
    expect(await ended(id)).toMatchObject({ status: 'Failed', steps: [step] });
  });

  it('continues after the control plane was killed, and deletes the token', async () => {
    await scene.close();
    let program!: Program;
    scene = await RelayStage.open({}, async (data) => {
      program = await startProgram(data);
      return { ...program, close: async () => void (await program.end('SIGKILL')) };
    });
    const runner = await scene.runner();
    const id = await begin();
    const { ref } = await accept(runner);
    await scene.stop();
    expect(tests()).toHaveLength(1);
    await scene.start();
    const held = [{ ref, durableSequence: 0, complete: false }];
    const { connection } = await connect('ws', scene.stage, scene.identity, { held });
    await finish(
      connection,
      ref,
      STEPS.map((name) => stepLine(name)),
    );
    expect(await ended(id)).toMatchObject({ status: 'Successful' });
    await eventually(async () => tests().length === 0);
    connection.close();
  }, 60_000);

  it('reports a result at the next start that the server did not take', async () => {
    const runner = await scene.runner();
    const id = await begin();
    const { ref } = await accept(runner);
    scene.server.faults.push({ on: /^PATCH \/automations/, status: 400, times: 10_000 });
    await finish(
      runner,
      ref,
      STEPS.map((name) => stepLine(name)),
    );
    await scene.stop();
    expect(tests()).toHaveLength(1);
    scene.server.faults.length = 0;
    await scene.start();
    expect(await ended(id)).toMatchObject({ status: 'Successful' });
    await eventually(async () => tests().length === 0);
  }, 60_000);

  it('says within seconds that no runner of the pool is connected', async () => {
    const id = await begin();
    await eventually(async () => (await scene.runIds()).length === 1);
    clock.skip(WITHIN_SECONDS_MS);
    const response = await ended(id);
    expect(response['status']).toBe('Failed');
    expect(JSON.stringify(response)).toMatch(/no runner of pool default is connected/);
    const [run] = await scene.runIds();
    expect(await scene.view(run!)).toMatchObject({ state: 'cancelled' });
  });

  it.each([
    ['a secret in plain text', { password: 'hunter2' }, /secrets in plain text: password/],
    ['a masked secret', { password: '*********' }, /password/],
  ])('rejects %s without repeating it', async (_what, change, words) => {
    const response = await ended(await begin({ ...CONNECTION, ...change }));
    const text = JSON.stringify(response);
    expect(text).toMatch(words);
    expect(text).not.toContain('hunter2');
    expect(await scene.runIds()).toEqual([]);
  });

  it('sends the token only to the server of the endpoint, whatever address comes with it', async () => {
    const request = { connectionType: 'Salesforce', connection: { config: CONNECTION } };
    const name = 'elsewhere';
    const body = { name, workflowType: 'TEST_CONNECTION', request };
    const { id } = await scene.expect('POST', '/automations/workflows', body);
    await scene.server.pipelining.client()!.runAutomation({
      ...body,
      id,
      openMetadataServerConnection: {
        hostPort: 'https://127.0.0.1:1/api',
        securityConfig: { jwtToken: 'bot-token' },
      },
    });
    await eventually(async () => (await scene.runIds()).length === 1);
    clock.skip(WITHIN_SECONDS_MS);
    expect(await ended(String(id))).toMatchObject({ status: 'Failed' });
    expect(scene.server.requests).toContain(`GET /automations/workflows/${String(id)}`);
  });
});
