import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { Refusal } from '../../channel/frames.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

function refuse(body: Partial<Refusal>): void {
  stage.controlPlane.refusal = {
    kind: 'refusal',
    body: { code: 'BUSY', message: 'no', permanent: false, retryAfterMs: 0, ...body },
  };
}

describe('connecting', () => {
  it('retries network errors without end, with growing pauses', async () => {
    stage = new LinkStage();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    stage.start();
    await stage.clock.advance(0);
    expect(stage.dials).toBe(1);
    await stage.clock.advance(60_000);
    expect(stage.dials).toBeLessThan(10);
    expect(stage.link.status().state).toMatchObject({
      name: 'waiting',
      error: { code: 'NETWORK_UNREACHABLE' },
    });
    for (let hour = 0; hour < 5; hour++) await stage.clock.advance(3_600_000);
    expect(stage.ended).toBeUndefined();
    stage.unreachable = undefined;
    await stage.until('connected', () => stage.connected, 1_000);
  });

  it('waits as long as the control plane asks', async () => {
    stage = new LinkStage();
    refuse({ code: 'BUSY', retryAfterMs: 120_000 });
    stage.start();
    await stage.until('refused', () => stage.link.status().state.name === 'waiting');
    const refusedAt = stage.clock.monotonic();
    stage.controlPlane.refusal = undefined;
    await stage.until('connected', () => stage.connected, 500);
    expect(stage.clock.monotonic() - refusedAt).toBeGreaterThanOrEqual(119_000);
  });

  it.each(['RUNNER_REVOKED', 'RUNNER_UNKNOWN', 'SIGNATURE_INVALID', 'PROTOCOL_UNSUPPORTED'])(
    'ends when refused with %s',
    async (code) => {
      stage = new LinkStage();
      refuse({ code, permanent: true });
      stage.start();
      await stage.until('ended', () => stage.ended !== undefined);
      expect(stage.ended!.error).toMatchObject({ code });
      expect(stage.link.status().state).toMatchObject({ name: 'stopped', error: { code } });
      expect(stage.dials).toBe(1);
    },
  );

  it.each(['IDENTITY_IN_USE', 'SUPERSEDED'])(
    'keeps retrying and logs when another process uses the identity (%s)',
    async (code) => {
      stage = new LinkStage();
      refuse({ code, permanent: code === 'SUPERSEDED', retryAfterMs: 30_000 });
      stage.start();
      await stage.until('refused', () => stage.link.status().state.name === 'waiting');
      expect(stage.logger.entries).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          data: expect.objectContaining({
            code,
            remedy: expect.stringContaining('enroll --replace'),
          }),
        }),
      );
      const refusedAt = stage.clock.monotonic();
      stage.controlPlane.refusal = undefined;
      await stage.until('connected', () => stage.connected, 500);
      expect(stage.clock.monotonic() - refusedAt).toBeGreaterThanOrEqual(
        code === 'SUPERSEDED' ? 59_000 : 29_000,
      );
    },
  );

  it.each([
    ['is not permanent', { code: 'RUNNER_UNKNOWN' }],
    ['has an unknown code', { code: 'OF_A_LATER_VERSION', permanent: true }],
  ])('keeps retrying when a refusal %s', async (_case, refusal) => {
    stage = new LinkStage();
    refuse(refusal);
    stage.start();
    await stage.until('tried again', () => stage.dials === 3, 100);
    expect(stage.ended).toBeUndefined();
  });

  it('ends and stops its workers when revoked during a session', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    await stage.controlPlane.send({
      kind: 'refusal',
      body: { code: 'RUNNER_REVOKED', message: 'revoked', permanent: true, retryAfterMs: 0 },
    });
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended!.error).toMatchObject({ code: 'RUNNER_REVOKED' });
    expect(stage.workers.of(run).stops).toMatchObject([{ status: 'interrupted' }]);
  });

  it('keeps retrying when no protocol version is in common, since the control plane may be updated', async () => {
    stage = new LinkStage();
    stage.controlPlane.challenge = { protocolMin: 7, protocolMax: 9 };
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting');
    expect(stage.link.status().state).toMatchObject({ error: { code: 'PROTOCOL_UNSUPPORTED' } });
    stage.controlPlane.challenge = { protocolMin: 1, protocolMax: 9 };
    await stage.until('connected', () => stage.connected, 100);
  });

  it.each([
    ['a short nonce', { challenge: { nonce: new Uint8Array(8) } }],
    ['no credit', { welcome: { creditBytes: 0 } }],
  ])('rejects a handshake with %s', async (_case, wrong) => {
    stage = new LinkStage();
    Object.assign(stage.controlPlane, wrong);
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting');
    expect(stage.link.status().state).toMatchObject({ error: { code: 'PROTOCOL_VIOLATION' } });
  });

  it('logs a difference of the clocks', async () => {
    stage = new LinkStage();
    stage.controlPlane.now = () => stage.clock.now() - 3_600_000;
    await stage.start().untilConnected();
    expect(
      stage.logger.entries.find(({ message }) => message.includes('clocks'))?.data,
    ).toMatchObject({ skewMs: 3_600_000 });
  });
});
