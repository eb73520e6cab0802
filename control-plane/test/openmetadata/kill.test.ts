import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../foundation/src/domain/json.ts';
import type { Connection, Ref } from '../fake-runner.ts';
import { eventually } from '../stage.ts';
import { accept, finish, linesOf, PARENTS, send, table } from './relay-attempt.ts';
import { FQN, RelayStage } from './relay-stage.ts';

let scene: RelayStage;
beforeEach(async () => {
  scene = await RelayStage.open();
  await scene.deploy();
});
afterEach(() => scene.close());

const states = () => scene.statuses.map(({ pipelineState }) => pipelineState);

describe('kill', () => {
  it('stops runs that wait and runs that run', async () => {
    const first = await scene.trigger();
    const second = await scene.trigger();
    const path = `/services/ingestionPipelines/${FQN}/pipelineStatus`;
    const { data } = await scene.expect('GET', path);
    expect((data as Json[]).map(({ pipelineState }) => pipelineState)).toEqual([
      'queued',
      'queued',
    ]);
    const waiting = (data as Json[]).map(({ runId }) => runId);
    await scene.kill();
    await scene.relayIs(first, 'done');
    await scene.relayIs(second, 'done');
    expect(states()).toEqual(['stopped', 'stopped']);
    expect(scene.statuses.map(({ runId }) => runId)).toEqual(waiting.toReversed());
    const runner = await scene.runner();
    const third = await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, [...PARENTS, table('Account')]);
    await eventually(async () => states()[2] === 'running');
    await scene.kill();
    await runner.take('cancel');
    await finish(runner, ref, PARENTS, { status: 'cancelled' }, PARENTS.length + 1).catch(
      () => undefined,
    );
    await scene.relayIs(third, 'done');
    expect(states()[2]).toBe('stopped');
  });

  it('stops the writing of a run that has ended', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    scene.server.faults.push({ on: /^PUT \/tables/, status: 503, times: 10_000 });
    await finish(runner, ref, linesOf('Account'));
    await scene.relayIs(id, 'writing');
    await scene.kill();
    await scene.relayIs(id, 'done');
    expect(states()).toEqual(['stopped']);
  });
});

describe('last status of a run', () => {
  it.each([
    ['success', (runner: Connection, ref: Ref) => finish(runner, ref, linesOf('Account'))],
    ['stopped', () => scene.kill()],
  ] as const)('arrives after slow ones before it: %s', async (last, end) => {
    const runner = await scene.runner();
    const slow = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    scene.server.faults.push({
      on: /\/pipelineStatus$/,
      body: /"running"/,
      until: slow.promise,
      meanwhile: () => begun.resolve(),
      keeps: true,
      status: 201,
    });
    await begun.promise;
    await end(runner, ref);
    setTimeout(() => slow.resolve(), 2000);
    await scene.relayIs(id, 'done');
    expect(states()).toEqual([last]);
    const { statuses } = scene.server.pipelining;
    expect(statuses.map(({ pipelineState }) => pipelineState)).toEqual(['running', last]);
  });
});

describe('deletion of the pipeline', () => {
  it('ends its run and its delivery, also in the middle', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, [...PARENTS, table('Account')]);
    await eventually(async () => states()[0] === 'running');
    await scene.expect(
      'DELETE',
      `/services/ingestionPipelines/${scene.pipelineId}?hardDelete=true`,
    );
    await runner.take('cancel');
    expect(await scene.relayIs(id, 'failed')).toMatchObject({
      error: { code: 'PIPELINE_DELETED' },
    });
  });
});

describe('log', () => {
  const log = async () =>
    String(
      (await scene.expect('GET', `/services/ingestionPipelines/logs/${scene.pipelineId}/last`))[
        'ingestion_task'
      ],
    );

  it('is readable during the run, and ends with what was written', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, [...PARENTS, table('Account')]);
    expect(await log()).toMatch(/^\[2023-11-14T22:13:20\.000Z\] INFO {2}catalog read$/m);
    await finish(runner, ref, [...PARENTS, table('Account')], {}, PARENTS.length + 2);
    await scene.relayIs(id, 'done');
    const text = await log();
    expect(text).toMatch(/INFO {2}results written to OpenMetadata .*written=\d+/);
    expect(text.indexOf('catalog read')).toBeLessThan(text.indexOf('results written'));
    expect(text.indexOf('results written')).toBeLessThan(text.indexOf('run reported'));
    expect(text).not.toContain('bot-token');
  });

  it('has the lines of the control plane between those of the runner, by time', async () => {
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    const soon = Date.now() + 60_000;
    const later = JSON.stringify({
      kind: 'log',
      time: soon,
      level: 'info',
      message: 'catalog left',
    });
    const lines = [...PARENTS, table('Account'), later];
    await finish(runner, ref, lines);
    await scene.relayIs(id, 'done');
    const order = ['catalog read', 'full run', 'results written', 'catalog left'];
    const text = await log();
    expect(order.map((words) => text.indexOf(words))).toEqual(
      order.map((words) => text.indexOf(words)).toSorted((a, b) => a - b),
    );
    expect(order.every((words) => text.includes(words))).toBe(true);
  });

  it('reports the number of written tables during the run', async () => {
    await scene.close();
    scene = await RelayStage.open({ relayProgressMs: 100 });
    await scene.deploy();
    const runner = await scene.runner();
    await scene.trigger();
    const { ref } = await accept(runner);
    await send(runner, ref, [...PARENTS, table('Account')]);
    await eventually(async () =>
      (await log()).includes('writing to OpenMetadata tables=0 received=1'),
    );
  });

  it('of a run that was killed while it waited ends with its end', async () => {
    const first = await scene.trigger();
    await scene.relayIs(first, 'pending');
    const second = await scene.trigger();
    await scene.kill();
    await scene.relayIs(second, 'done');
    expect(await log()).toMatch(/^\S+ ERROR CANCELLED: .*\n\S+ INFO {2}run reported .*\n$/);
  });

  it('says why a run waits, and why it failed', async () => {
    await scene.trigger();
    await eventually(async () => (await log()).includes('no runner of pool default is connected'));
    const runner = await scene.runner();
    const { ref } = await accept(runner);
    const error = { code: 'SOURCE_REFUSED', message: 'no', remedy: 'Ask.', retryable: false };
    await finish(runner, ref, [], { status: 'failed', error });
    await eventually(async () => (await log()).includes('ERROR SOURCE_REFUSED: no. Ask.'));
    await eventually(async () => states()[0] === 'failed');
    expect(JSON.stringify(scene.statuses[0])).toContain('no. Ask.');
  });
});
