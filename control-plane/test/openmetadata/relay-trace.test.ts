import { expect, it } from 'vitest';
import { noTracer, type RunTracer } from '../../src/telemetry/run-tracer.ts';
import { eventually } from '../stage.ts';
import { accept, finish, linesOf } from './relay-attempt.ts';
import { inProcess, RelayStage } from './relay-stage.ts';

it('the trace of a deployed pipeline’s run ends with the relay of its results', async () => {
  const relayed: Parameters<RunTracer['relayed']>[] = [];
  const tracer: RunTracer = { ...noTracer, relayed: (...part) => void relayed.push(part) };
  const scene = await RelayStage.open({}, inProcess({}, undefined, { tracer }));
  try {
    await scene.deploy();
    const runner = await scene.runner();
    const id = await scene.trigger();
    const { ref } = await accept(runner);
    await finish(runner, ref, linesOf('Account'));
    await scene.relayIs(id, 'done');
    await eventually(async () => relayed.length > 0);
    const [[traced, { startedAt, endedAt }, result]] = relayed as [(typeof relayed)[0]];
    expect([traced, result]).toEqual([ref, 'done']);
    expect(endedAt).toBeGreaterThan(startedAt);
  } finally {
    await scene.close();
  }
});
