import { afterEach, expect, it } from 'vitest';
import { startProgram, type Program } from '../program.ts';
import { accept, finish, linesOf } from './relay-attempt.ts';
import { RelayStage } from './relay-stage.ts';

const TABLES = Array.from({ length: 30 }, (_, index) => `T${String(index).padStart(2, '0')}`);

let scene: RelayStage;
let program: Program;
afterEach(() => scene.close());

async function launch(data: string): Promise<RelayStage['stage']> {
  program = await startProgram(data);
  return { ...program, close: async () => void (await program.end('SIGKILL')) };
}

it('loses and doubles nothing when the control plane is killed at one request after the other', async () => {
  scene = await RelayStage.open({}, launch);
  await scene.deploy();
  const runner = await scene.runner();
  const id = await scene.trigger();
  const { ref } = await accept(runner);
  const { server } = scene;
  const lastWord = () => scene.statuses[0]?.['pipelineState'];
  let kills = 0;
  for (let request = 1; ; request++) {
    const killed = killAt(request);
    if (request === 1) await finish(runner, ref, linesOf(...TABLES));
    const done = scene.relayIs(id, 'done').catch(() => killed);
    if ((await Promise.race([killed, done])) === 'killed') kills += 1;
    else break;
    await scene.stop();
    server.faults.length = 0;
    await scene.start();
  }
  expect(kills).toBeGreaterThan(5);
  expect(lastWord()).toBe('success');
  expect(scene.statuses).toHaveLength(1);
  const tables = server.store.all('table');
  expect(tables.map(({ name }) => String(name)).toSorted((a, b) => a.localeCompare(b))).toEqual(
    TABLES,
  );
  expect(tables.every(({ version }) => version === 0.1)).toBe(true);
}, 240_000);

/** Kills the program at this request to the server, counted from now on. */
function killAt(request: number): Promise<'killed'> {
  let seen = 0;
  const { promise, resolve } = Promise.withResolvers<'killed'>();
  scene.server.faults.push({
    on: /.*/,
    times: request,
    meanwhile: () => {
      seen += 1;
      if (seen === request) void program.end('SIGKILL').then(() => resolve('killed'));
    },
  });
  return promise;
}
