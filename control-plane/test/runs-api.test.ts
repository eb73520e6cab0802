import { beforeAll, describe, expect, it } from 'vitest';
import { batch, logLine, outcomeLine, tableLine } from './fake-records.ts';
import { connect, type Ref } from './fake-runner.ts';
import { readEvents } from './events.ts';
import { startRun } from './stage.ts';
import { stage, useApi } from './api-stage.ts';

useApi();

describe('run', () => {
  it('streams events and resumes where a reader stopped', async () => {
    const { connection } = await connect('ws', stage, await stage.enroll());
    const id = await startRun(stage.api);
    const connected = Promise.withResolvers<void>();
    const live = readEvents(stage, id, undefined, connected.resolve);
    await connected.promise;
    const { ref } = await connection.take<{ ref: Ref }>('offer');
    connection.send('accept', { ref });
    const lines = [logLine('one'), logLine('two', 'warn')];
    connection.send('batch', batch(ref, 1, lines.slice(0, 1)));
    await connection.take('ack');
    connection.send('progress', { ref, phase: 'describe', done: 1, total: 2, apiCalls: 1 });
    connection.send('heartbeat', { number: 1, leases: [ref] });
    await connection.take('heartbeatReply');
    connection.send('batch', batch(ref, 2, [lines[1]!, outcomeLine(lines)], { last: true }));
    const events = await live;
    expect(
      events.filter(({ event }) => event === 'log').map(({ data }) => data['message']),
    ).toEqual(['one', 'two']);
    const states = events.filter(({ event }) => event === 'state').map(({ data }) => data['state']);
    expect(['queued', 'offered']).toContain(states[0]);
    expect(states.at(-1)).toBe('success');
    expect(events.filter(({ event }) => event === 'progress').at(-1)?.data).toMatchObject({
      phase: 'describe',
      done: 1,
    });
    const firstLog = events.find(({ event }) => event === 'log')!;
    const resumed = await readEvents(stage, id, firstLog.id);
    expect(
      resumed.filter(({ event }) => event === 'log').map(({ data }) => data['message']),
    ).toEqual(['two']);
    connection.close();
  });

  it('is listed by service, newest first', async () => {
    const id = await startRun(stage.api);
    expect(
      (await stage.api.get('/api/v1/runs?limit=1')).body.runs.map((run: { id: string }) => run.id),
    ).toEqual([id]);
    expect((await stage.api.get('/api/v1/runs?service=acme')).body.runs).toEqual([]);
    await stage.api.post(`/api/v1/runs/${id}/cancel`);
  });
});

describe('tables', () => {
  beforeAll(async () => {
    const { connection } = await connect('grpc', stage, await stage.enroll());
    await startRun(stage.api);
    const { ref } = await connection.take<{ ref: Ref }>('offer');
    connection.send('accept', { ref });
    const lines = ['Account', 'Contact', 'Lead_100%', 'Lead_1000'].map((name) => tableLine(name));
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    connection.close();
  });

  it('are listed in pages', async () => {
    const first = (await stage.api.get('/api/v1/tables?service=sandbox&limit=3')).body;
    expect([first.total, first.tables.length, first.next]).toEqual([
      4,
      3,
      'sandbox.default.salesforce.Lead_100%',
    ]);
    const second = (
      await stage.api.get(
        `/api/v1/tables?service=sandbox&limit=3&after=${encodeURIComponent(first.next)}`,
      )
    ).body;
    expect([second.tables.length, second.next]).toEqual([1, null]);
  });

  it('are searched by literal text', async () => {
    const names = async (q: string) =>
      (await stage.api.get(`/api/v1/tables?q=${encodeURIComponent(q)}`)).body.tables.map(
        (table: { name: string }) => table.name,
      );
    expect(await names('contact')).toEqual(['Contact']);
    expect(await names('100%')).toEqual(['Lead_100%']);
    expect(await names("' OR 1=1 --")).toEqual([]);
  });

  it('are shown as received, with their provenance', async () => {
    const { body } = await stage.api.get('/api/v1/tables/sandbox.default.salesforce.Account');
    expect(body).toMatchObject({
      service: 'sandbox',
      request: { name: 'Account', columns: [{ name: 'Id' }] },
      provenance: { attempt: 1, runId: expect.stringMatching(/^run_/) },
    });
  });
});
