import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connect,
  dial,
  newKey,
  sayHello,
  type HelloOptions,
  type Identity,
} from './fake-runner.ts';
import { eventually, openStage, type Stage } from './stage.ts';

describe.each(['ws', 'grpc'] as const)('handshake over %s', (kind) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  async function refusal(identity: Identity, options: HelloOptions = {}): Promise<object> {
    const connection = await dial(kind, stage);
    await sayHello(connection, identity, stage, options);
    const refused = await connection.take<object>('refusal');
    await connection.closed;
    return refused;
  }

  it('welcomes a runner with a valid signature', async () => {
    const identity = await stage.enroll('proven');
    const { connection, welcome } = await connect(kind, stage, identity, { capacity: 3 });
    expect(welcome).toMatchObject({
      positions: [],
      heartbeatIntervalMs: 15_000,
      maxBatchBytes: 1024 * 1024,
      features: ['zstd'],
    });
    const { body } = await eventually(async () => {
      const answer = await stage.api.get('/api/v1/runners');
      return (
        answer.body.runners.some(
          (runner: { id: string; connected: boolean }) =>
            runner.id === identity.runnerId && runner.connected,
        ) && answer
      );
    });
    expect(
      body.runners.find((runner: { id: string }) => runner.id === identity.runnerId),
    ).toMatchObject({
      name: 'proven',
      channel: kind,
      capacity: 3,
      platform: 'test',
      revoked: false,
    });
    connection.close();
    await eventually(async () =>
      (await stage.api.get('/api/v1/runners')).body.runners.every(
        (runner: { id: string; connected: boolean }) =>
          runner.id !== identity.runnerId || !runner.connected,
      ),
    );
  });

  it('sends a new nonce to each connection', async () => {
    const nonces = new Set<string>();
    for (let count = 0; count < 3; count++) {
      const connection = await dial(kind, stage);
      nonces.add((await connection.take<{ nonce: Buffer }>('challenge')).nonce.toString('hex'));
      connection.close();
    }
    expect(nonces.size).toBe(3);
  });

  it('rejects a signature over the nonce of another connection', async () => {
    expect(await refusal(await stage.enroll(), { nonce: Buffer.alloc(32, 7) })).toMatchObject({
      code: 'SIGNATURE_INVALID',
      permanent: true,
    });
  });

  it('rejects the key of another runner', async () => {
    const { runnerId } = await stage.enroll();
    expect(await refusal({ runnerId, key: newKey().key })).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  it('rejects a handshake for another address', async () => {
    expect(
      await refusal(await stage.enroll(), { authority: `evil.example:${stage.port}` }),
    ).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('rejects an unknown runner', async () => {
    expect(await refusal({ runnerId: 'rnr_unknown', key: newKey().key })).toMatchObject({
      code: 'RUNNER_UNKNOWN',
      permanent: true,
    });
  });

  it('rejects an unsupported protocol version', async () => {
    expect(await refusal(await stage.enroll(), { protocol: 2 })).toMatchObject({
      code: 'PROTOCOL_UNSUPPORTED',
    });
  });

  it('rejects a revoked runner at once and permanently', async () => {
    const identity = await stage.enroll();
    const { connection } = await connect(kind, stage, identity);
    await eventually(
      async () =>
        (await stage.api.post(`/api/v1/runners/${identity.runnerId}/revoke`)).status === 200,
    );
    expect(await connection.take('refusal')).toMatchObject({
      code: 'RUNNER_REVOKED',
      permanent: true,
    });
    await connection.closed;
    expect(await refusal(identity)).toMatchObject({ code: 'RUNNER_REVOKED' });
  });

  it('lets a newer connection of the same process take over at once', async () => {
    const identity = await stage.enroll();
    const older = await connect(kind, stage, identity);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const newer = await connect(kind, stage, identity);
    expect(await older.connection.next()).toBeUndefined();
    newer.connection.send('heartbeat', { number: 5, leases: [] });
    expect(await newer.connection.take('heartbeatReply')).toMatchObject({ number: 5 });
    newer.connection.close();
  });

  it('closes a silent connection and shows the runner as disconnected', async () => {
    const quick = await openStage({ handshakeTimeoutMs: 500, heartbeatIntervalMs: 60 });
    const { connection } = await connect(kind, quick, await quick.enroll());
    await connection.closed;
    expect((await quick.api.get('/api/v1/runners')).body.runners[0].connected).toBe(false);
    await quick.close();
  });

  it('closes a connection without a hello', async () => {
    const quick = await openStage({ handshakeTimeoutMs: 100 });
    const connection = await dial(kind, quick);
    await connection.closed;
    expect((await connection.next())?.body).toBe('challenge');
    await quick.close();
  });

  it('closes a connection after a wrong first frame, a second hello, or a malformed frame', async () => {
    const early = await dial(kind, stage);
    early.send('heartbeat', { number: 1 });
    await early.closed;
    const identity = await stage.enroll();
    const twice = await connect(kind, stage, identity);
    twice.connection.send('hello', { statement: Buffer.alloc(0), signature: Buffer.alloc(64) });
    await twice.connection.closed;
    const garbage = await dial(kind, stage);
    garbage.sendRaw(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await garbage.closed;
  });
});
