import { expect, it } from 'vitest';
import { finish, identity, nextOffer, run, runner, stage, useDispatch } from './dispatch-stage.ts';
import { SERVICE, eventually, startRun } from './stage.ts';
import { newKey } from './fake-runner.ts';

useDispatch();

const setPool = (pool: string | null, more: object = {}) =>
  stage.api.put('/api/v1/services/sandbox', { ...SERVICE, pool, ...more }, { 'if-match': '*' });
const move = (pool: unknown, id = identity.runnerId) =>
  stage.api.patch(`/api/v1/runners/${id}`, { pool });
const waitsFor = (id: string, code: string) =>
  eventually(async () => {
    const { waiting } = (await run(id)) as { waiting: { code: string; message: string } | null };
    return waiting?.code === code && waiting;
  });

it('offers a run of a service with a pool only to its runners, and says when none is connected', async () => {
  await setPool('eu');
  await runner();
  const id = await startRun(stage.api);
  expect(await waitsFor(id, 'POOL_EMPTY')).toMatchObject({
    message: 'no runner of pool eu is connected',
    remedy: expect.stringContaining('enroll'),
  });
  expect((await run(id))['pool']).toBe('eu');
  const other = await stage.enroll('european');
  await move('eu', other.runnerId);
  const { connection } = await runner({}, other);
  expect((await nextOffer(connection)).runId).toBe(id);
});

it('offers it to a connected runner that is moved into the pool', async () => {
  await setPool('eu');
  const { connection } = await runner();
  const id = await startRun(stage.api);
  await waitsFor(id, 'POOL_EMPTY');
  expect(await move('eu')).toMatchObject({ status: 200, body: { pool: 'eu', connected: true } });
  const ref = await nextOffer(connection);
  connection.send('accept', { ref });
  await move('us');
  await finish(connection, ref);
  expect((await run(id))['state']).toBe('success');
});

it('offers runs of a service without a pool to runners of any pool', async () => {
  await move('eu');
  const { connection } = await runner();
  const id = await startRun(stage.api);
  expect((await nextOffer(connection)).runId).toBe(id);
});

it('says that the chosen runner is in another pool', async () => {
  await setPool('eu', { runner: 'first' });
  await runner();
  const id = await startRun(stage.api);
  expect(await waitsFor(id, 'POOL_DIFFERS')).toMatchObject({
    message: 'waiting for runner first in pool eu, but it is in pool default',
  });
});

it('enrolls into the pool of the token, and keeps the pool over connections', async () => {
  const enrollInto = async (request: object): Promise<string> => {
    const { token } = (await stage.api.post('/api/v1/enrollment-tokens', request)).body;
    const { publicKey } = newKey();
    const joining = { token, publicKey, name: 'new', version: '1', platform: 'test' };
    return (await stage.api.post('/runner/v1/enroll', joining)).body.runnerId;
  };
  const [standard, eu] = [await enrollInto({}), await enrollInto({ pool: 'eu-west.1' })];
  await move('apac');
  await runner();
  const { runners } = (await stage.api.get('/api/v1/runners')).body;
  const pools = Object.fromEntries(
    (runners as { id: string; pool: string }[]).map(({ id, pool }) => [id, pool]),
  );
  expect(pools).toMatchObject({
    [standard]: 'default',
    [eu]: 'eu-west.1',
    [identity.runnerId]: 'apac',
  });
});

it.each(['', 'EU', 'a b', '-eu', 'eu/', 'x'.repeat(65), null, 5])(
  'rejects the pool %j',
  async (pool) => {
    expect(await move(pool)).toMatchObject({
      status: 400,
      body: { error: { code: 'INPUT_INVALID', message: expect.stringContaining('pool') } },
    });
  },
);

it('answers that an unknown runner does not exist', async () => {
  expect((await move('eu', 'rnr_none')).status).toBe(404);
});
