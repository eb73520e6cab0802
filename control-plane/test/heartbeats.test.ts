import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { batch, logLine, outcomeLine } from './fake-records.ts';
import type { Connection, Ref } from './fake-runner.ts';
import {
  acceptNext,
  held,
  identity,
  open,
  openPrepared,
  pause,
  runner,
  stage,
  useLifecycle,
  view,
} from './lifecycle-stage.ts';
import { eventually, startRun, temporaryFolder } from './stage.ts';

useLifecycle();

/** Longer than a renewal waits. */
const WAITED_MS = 1500;

interface Reply {
  readonly number: number;
  readonly renewed: readonly { readonly ref: Ref }[];
  readonly lost: readonly Ref[];
}

/** SQLite's own count of commits: the iChange field of the index of its write-ahead log. */
function commits(): number {
  return readFileSync(join(stage.data, 'store.sqlite-shm')).readUInt32LE(8);
}

const beat = (connection: Connection, number: number, leases: readonly Ref[] = []): void =>
  connection.send('heartbeat', { number, leases, running: leases.length, capacity: 2 });

async function busyRunner(): Promise<{ connection: Connection; ref: Ref }> {
  const { connection } = await runner();
  await startRun(stage.api);
  return { connection, ref: await acceptNext(connection) };
}

it('commits nothing for the heartbeats of idle runners', async () => {
  await openPrepared();
  const { connection } = await runner();
  const before = commits();
  for (let number = 1; number <= 50; number++) beat(connection, number);
  while ((await connection.take<Reply>('heartbeatReply')).number < 50);
  expect(commits() - before).toBeLessThanOrEqual(1);
});

it('renews the leases of many heartbeats in one commit and answers each', async () => {
  await openPrepared();
  const { connection, ref } = await busyRunner();
  const before = commits();
  for (let number = 1; number <= 20; number++) beat(connection, number, [ref]);
  const replies: Reply[] = [];
  while (replies.length < 20) replies.push(await connection.take<Reply>('heartbeatReply'));
  expect(replies.map(({ number }) => number)).toEqual([...replies.keys()].map((key) => key + 1));
  expect(replies.every(({ renewed }) => renewed.length === 1)).toBe(true);
  expect(commits() - before).toBeLessThanOrEqual(3);
});

it('renews before it stores a batch that was sent after the heartbeat', async () => {
  await openPrepared();
  const { connection, ref } = await busyRunner();
  beat(connection, 1, [ref]);
  connection.send('batch', batch(ref, 1, [outcomeLine([])], { last: true }));
  expect(await connection.take<Reply>('heartbeatReply')).toMatchObject({ number: 1, lost: [] });
  expect(await connection.take('ack')).toMatchObject({ upTo: 1 });
});

it('says which leases are lost', async () => {
  await openPrepared();
  const { connection, ref } = await busyRunner();
  const other = { ...ref, epoch: ref.epoch + 1 };
  beat(connection, 1, [ref, other]);
  expect(await connection.take<Reply>('heartbeatReply')).toMatchObject({
    renewed: [{ ref }],
    lost: [other],
  });
});

it('handles the heartbeat of an earlier process before the next one takes over its attempt', async () => {
  await openPrepared();
  const first = await runner({ bootId: 'one' });
  await startRun(stage.api);
  const ref = await acceptNext(first.connection);
  first.connection.send('batch', batch(ref, 1, [logLine('x')]));
  await first.connection.take('ack');
  beat(first.connection, 1, [ref]);
  first.connection.close();
  const second = await runner({ bootId: 'two', held: [held(ref, 1)], predecessorEnded: true });
  expect(second.welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
  await pause(WAITED_MS);
  // A third process, from a copy of the machine, is rejected while the second may be active.
  second.connection.close();
  const third = runner({ bootId: 'one', held: [held(ref, 1)], predecessorEnded: false });
  await expect(third).rejects.toThrow('connection ended');
  expect(await view(ref.runId)).toMatchObject({ state: 'running' });
});

it('keeps the lease of a busy runner over a restart, and when the runner was last seen', async () => {
  const folder = temporaryFolder();
  const kept = { path: folder.path, remove: () => undefined };
  await openPrepared({}, kept);
  const { connection, ref } = await busyRunner();
  beat(connection, 1, [ref]);
  await connection.take('heartbeatReply');
  const seenAt = (await stage.api.get('/api/v1/runners')).body.runners[0].lastSeenAt as number;
  await stage.close();
  await open({}, folder);
  const again = await runner({ held: [held(ref, 0, { complete: false, running: true })] });
  expect(again.welcome.positions).toMatchObject([{ ref, verdict: 'VERDICT_KEEP' }]);
  expect(await view(ref.runId)).toMatchObject({ state: 'running', epoch: ref.epoch });
  again.connection.close();
  await eventually(async () => !(await stage.api.get('/api/v1/runners')).body.runners[0].connected);
  const { runners } = (await stage.api.get('/api/v1/runners')).body;
  expect(runners[0]).toMatchObject({ id: identity.runnerId });
  expect(runners[0].lastSeenAt).toBeGreaterThanOrEqual(seenAt);
});
