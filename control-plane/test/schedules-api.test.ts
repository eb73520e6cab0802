import { expect, it } from 'vitest';
import { stage, useApi } from './api-stage.ts';

useApi();

const PATH = '/api/v1/pipelines/sandbox_metadata/schedule';
const DAILY = {
  expression: '30 2 * * *',
  timezone: 'Europe/Berlin',
  startAt: null,
  endAt: null,
  paused: false,
  retries: 1,
  retryDelayMs: 60_000,
};

it('creates, replaces and deletes a schedule like other definitions', async () => {
  expect(await stage.api.get(PATH)).toMatchObject({
    status: 404,
    body: { error: { message: 'pipeline sandbox_metadata has no schedule' } },
  });
  const created = await stage.api.put(PATH, DAILY, { 'if-none-match': '*' });
  expect(created).toMatchObject({
    status: 200,
    body: { ...DAILY, pipeline: 'sandbox_metadata', due: null, startFailure: null },
  });
  const tag = created.headers['etag'] as string;
  expect((await stage.api.get(PATH)).headers['etag']).toBe(tag);
  const paused = { ...DAILY, paused: true };
  expect((await stage.api.put(PATH, DAILY)).status).toBe(200);
  expect((await stage.api.put(PATH, paused)).status).toBe(428);
  expect((await stage.api.put(PATH, paused, { 'if-match': '"other"' })).status).toBe(412);
  expect((await stage.api.put(PATH, paused, { 'if-match': tag })).body).toMatchObject({
    paused: true,
    next: [],
  });
  expect((await stage.api.get('/api/v1/schedules')).body).toMatchObject({
    schedules: [{ pipeline: 'sandbox_metadata', paused: true }],
  });
  expect((await stage.api.delete(PATH, { 'if-match': tag })).status).toBe(412);
  expect((await stage.api.delete(PATH)).status).toBe(204);
  expect((await stage.api.delete(PATH)).status).toBe(404);
});

it('shows the next three runs in the time zone of the schedule', async () => {
  const { body } = await stage.api.put(PATH, DAILY, { 'if-none-match': '*' });
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Berlin',
    hour: '2-digit',
    minute: '2-digit',
  });
  const next = body.next as number[];
  expect(next.map((at) => local.format(at))).toEqual(['02:30', '02:30', '02:30']);
  expect(next[0]).toBeGreaterThan(Date.now());
  await stage.api.delete(PATH);
});

it('starts a run by itself', async () => {
  const once = { expression: '@once' };
  const { body } = await stage.api.put(PATH, once, { 'if-none-match': '*' });
  expect(body).toMatchObject({ timezone: 'UTC', retries: 0, retryDelayMs: 300_000 });
  let runs: { slot: unknown; pipeline: string }[] = [];
  while (runs.length === 0) ({ runs } = (await stage.api.get('/api/v1/runs')).body);
  expect(runs).toMatchObject([
    { pipeline: 'sandbox_metadata', slot: { at: expect.any(Number), retry: 0 } },
  ]);
  expect((await stage.api.get(PATH)).body).toMatchObject({ due: null, next: [] });
  await stage.api.delete(PATH);
});

it.each([
  [{ expression: 'every day' }, 'does not have five fields'],
  [{ expression: '99 * * * *' }, 'is not valid'],
  [{ timezone: 'Berlin' }, 'time zone "Berlin" is unknown'],
  [{ startAt: 5, endAt: 4 }, 'ends before it starts'],
  [{ retries: -1 }, 'retries'],
  [{ interval: 5 }, 'interval'],
])('rejects %j and names the problem', async (request, problem) => {
  expect(await stage.api.put(PATH, request, { 'if-none-match': '*' })).toMatchObject({
    status: 400,
    body: { error: { code: 'INPUT_INVALID', message: expect.stringContaining(problem) } },
  });
  expect((await stage.api.get(PATH)).status).toBe(404);
});

it('answers that an unknown pipeline does not exist', async () => {
  const path = '/api/v1/pipelines/none/schedule';
  const answers = [
    await stage.api.get(path),
    await stage.api.put(path, DAILY, { 'if-none-match': '*' }),
    await stage.api.delete(path),
  ];
  expect(answers.map(({ status, body }) => [status, body.error.message])).toEqual(
    Array.from({ length: 3 }, () => [404, 'pipeline none does not exist']),
  );
});

it('loses the schedule with its pipeline', async () => {
  await stage.api.put(PATH, DAILY, { 'if-none-match': '*' });
  await stage.api.delete('/api/v1/pipelines/sandbox_metadata');
  expect((await stage.api.get('/api/v1/schedules')).body).toEqual({ schedules: [] });
});
