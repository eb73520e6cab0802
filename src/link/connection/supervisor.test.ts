import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { Dialer } from '../../channel/channel.ts';
import type { Refusal } from '../../channel/frames.ts';
import { explainAnswer } from '../../channel/http-answer.ts';
import { RunnerError } from '../../runtime/errors.ts';

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
  it('tries at once, then with growing pauses, and never gives up on network errors', async () => {
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
    'ends for good when refused with %s',
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
    'stays and warns when another process uses its identity (%s), and connects when that has gone',
    async (code) => {
      stage = new LinkStage();
      refuse({ code, permanent: code === 'SUPERSEDED', retryAfterMs: 30_000 });
      stage.start();
      await stage.until('refused', () => stage.link.status().state.name === 'waiting');
      expect(stage.logger.entries).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          data: expect.objectContaining({
            error: expect.stringContaining(code),
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
    ['has a code that it does not know', { code: 'OF_A_LATER_VERSION', permanent: true }],
  ])('goes on trying when a refusal %s', async (_what, refusal) => {
    stage = new LinkStage();
    refuse(refusal);
    stage.start();
    await stage.until('tried again', () => stage.dials === 3, 100);
    expect(stage.ended).toBeUndefined();
  });

  it('ends for good when superseded or revoked in the middle of a session, and stops its workers', async () => {
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

  it('goes on when the control plane speaks no version of ours, since it may be updated', async () => {
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
  ])('refuses a handshake with %s', async (_what, wrong) => {
    stage = new LinkStage();
    Object.assign(stage.controlPlane, wrong);
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting');
    expect(stage.link.status().state).toMatchObject({ error: { code: 'PROTOCOL_VIOLATION' } });
  });

  it('warns of clocks that are far apart', async () => {
    stage = new LinkStage();
    stage.controlPlane.now = () => stage.clock.now() - 3_600_000;
    await stage.start().untilConnected();
    expect(
      stage.logger.entries.find(({ message }) => message.includes('clocks'))?.data,
    ).toMatchObject({ skewMs: 3_600_000 });
  });
});

describe('a silent control plane', () => {
  it('is given up ten seconds after a heartbeat', async () => {
    stage = await new LinkStage().start().untilConnected();
    stage.controlPlane.answersHeartbeats = false;
    const beats = stage.controlPlane.of('heartbeat').length;
    await stage.until('next beat', () => stage.controlPlane.of('heartbeat').length > beats, 100);
    const beatAt = stage.clock.monotonic();
    await stage.until('reconnected', () => stage.dials === 2, 100);
    expect(stage.clock.monotonic() - beatAt).toBeLessThan(14_000);
    expect(
      stage.logger.entries.some(({ data }) => String(data['error']).startsWith('NETWORK_TIMEOUT')),
    ).toBe(true);
  });

  it.each([
    ['an idle link', 60_000],
    ['a link with the usual interval', 15_000],
  ])(
    'is replaced within 30 seconds of when it went silent, back-off included (%s)',
    async (_what, heartbeatIntervalMs) => {
      stage = new LinkStage();
      stage.controlPlane.welcome = { heartbeatIntervalMs };
      await stage.start().untilConnected();
      await stage.clock.advance(120_000);
      // Just after a beat was answered is the worst moment.
      const beats = stage.controlPlane.of('heartbeat').length;
      await stage.until('next beat', () => stage.controlPlane.of('heartbeat').length > beats, 100);
      stage.controlPlane.answersHeartbeats = false;
      const silentAt = stage.clock.monotonic();
      await stage.until('dialled again', () => stage.dials === 2, 100);
      expect(stage.clock.monotonic() - silentAt).toBeLessThan(30_000);
    },
  );

  it('is replaced within 30 seconds also after many that were refused or broke', async () => {
    stage = new LinkStage();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    stage.start();
    await stage.clock.advance(600_000);
    stage.unreachable = undefined;
    await stage.until('connected', () => stage.connected, 500);
    stage.controlPlane.answersHeartbeats = false;
    const { dials } = stage;
    const silentAt = stage.clock.monotonic();
    await stage.until('dialled again', () => stage.dials > dials, 100);
    expect(stage.clock.monotonic() - silentAt).toBeLessThan(30_000);
  });

  it('is given up when its challenge does not come', async () => {
    stage = new LinkStage();
    stage.controlPlane.challenge = {};
    const dial = stage.dialer();
    const mute: Dialer = {
      kind: 'memory',
      authority: dial.authority,
      dial: async (signal) => {
        const channel = await dial.dial(signal);
        return Object.assign(Object.create(channel) as typeof channel, {
          kind: channel.kind,
          send: channel.send.bind(channel),
          close: channel.close.bind(channel),
          traffic: channel.traffic.bind(channel),
          async *frames() {
            await new Promise(() => undefined);
            yield* [];
          },
        });
      },
    };
    stage = new LinkStage({ dialers: [mute] });
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting', 500);
    expect(stage.link.status().state).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED' } });
    expect(stage.clock.monotonic()).toBeLessThan(15_000);
  });
});

describe('two kinds of channel', () => {
  /** A stage whose preferred kind fails while `blocked` says so. */
  function twoKinds(failure = new RunnerError('PROXY_REFUSED', 'upgrades are not for us')): {
    blocked: boolean;
    dialled: string[];
  } {
    const control = { blocked: true, dialled: [] as string[] };
    const via = (kind: 'ws' | 'grpc'): Dialer => ({
      kind,
      authority: 'plane.example.com:443',
      dial: async (signal) => {
        control.dialled.push(kind);
        if (kind === 'ws' && control.blocked) throw failure;
        return await stage.dialer().dial(signal);
      },
    });
    stage = new LinkStage({ dialers: [via('ws'), via('grpc')] });
    return control;
  }

  it('fall back when the preferred fails, probe it, and move back without losing a record', async () => {
    const control = twoKinds();
    await stage.start().untilConnected();
    expect(stage.link.status().state).toMatchObject({ channel: 'grpc' });
    expect(control.dialled).toEqual(['ws', 'grpc']);
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    const worker = stage.workers.of(run);
    worker.write(30);
    await stage.until('probed in vain', () => control.dialled.length === 3, 5_000);
    control.blocked = false;
    worker.write(30);
    await stage.until(
      'back',
      () =>
        stage.connected &&
        stage.link.status().attempts.length === 1 &&
        control.dialled.at(-1) === 'ws' &&
        control.dialled.filter((kind) => kind === 'ws').length >= 4,
      5_000,
    );
    expect(stage.link.status().state).toMatchObject({ name: 'connected', channel: 'ws' });
    worker.finish();
    await stage.until('forgotten', () => stage.store.held().length === 0);
    expect(stage.controlPlane.stream(run).lines.map((line) => `${line}\n`)).toEqual(
      worker.outbox.lines,
    );
    expect(control.dialled.filter((kind) => kind === 'grpc')).toHaveLength(1);
  });

  it('use the one that worked last first, until nothing works', async () => {
    const control = twoKinds();
    await stage.start().untilConnected();
    await stage.controlPlane.channel.close('cut');
    await stage.until('reconnected', () => control.dialled.length === 3 && stage.connected);
    expect(control.dialled).toEqual(['ws', 'grpc', 'grpc']);
  });

  it.each([
    ['a page with 503', { status: 503, contentType: 'text/html', body: '<html>' }, ['ws', 'grpc']],
    ['a page with 403', { status: 403, contentType: 'text/html', body: '<html>' }, ['ws', 'grpc']],
    [
      'the 503 of a load balancer',
      { status: 503, contentType: 'text/plain', body: 'no healthy upstream' },
      ['ws', 'grpc'],
    ],
    ['a 503 of the control plane', { status: 503, contentType: '', body: '' }, ['ws']],
  ])(
    'fall back from what stands in the way, not from the control plane itself (%s)',
    async (_what, answer, dialled) => {
      const control = twoKinds(
        explainAnswer({ ...answer, retryAfter: undefined }, 'plane.example.com:443', 0),
      );
      stage.start();
      await stage.until(
        'decided',
        () => stage.connected || stage.link.status().state.name === 'waiting',
      );
      expect(control.dialled).toEqual(dialled);
    },
  );

  it('wait as long as the first of them was asked to when the second does not answer', async () => {
    stage = new LinkStage();
    const failing = (kind: 'ws' | 'grpc', error: RunnerError): Dialer => ({
      kind,
      authority: 'plane.example.com:443',
      dial: () => {
        stage.dials += 1;
        return Promise.reject(error);
      },
    });
    stage = new LinkStage({
      dialers: [
        failing(
          'ws',
          explainAnswer(
            { status: 503, contentType: 'text/html', body: '<html>', retryAfter: '120' },
            'plane.example.com:443',
            0,
          ),
        ),
        failing('grpc', new RunnerError('NETWORK_UNREACHABLE', 'no route')),
      ],
    });
    stage.start();
    await stage.clock.advance(119_000);
    expect(stage.dials).toBe(2);
    await stage.until('dialled again', () => stage.dials === 4, 500);
  });

  it('do not fall back from a refusal by the control plane itself', async () => {
    const control = twoKinds();
    control.blocked = false;
    refuse({ code: 'BUSY' });
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting');
    expect(control.dialled).toEqual(['ws']);
  });
});

describe('a drain', () => {
  it('takes no offers, lets attempts finish, delivers, and ends', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.link.drain();
    await stage.until('said so', () => stage.controlPlane.of('heartbeat').at(-1)!.body.draining);
    expect(stage.link.status().state).toMatchObject({
      name: 'draining',
      connection: { name: 'connected' },
    });
    await stage.controlPlane.offer(ref('run-2'));
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    await stage.clock.advance(60_000);
    expect(stage.ended).toBeUndefined();
    stage.workers.of(run).finish();
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended).toEqual({});
    expect(stage.controlPlane.stream(run).complete).toBe(true);
  });

  it('stops attempts that go on too long as interrupted, and delivers that', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 30_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.link.drain();
    await stage.until('ended', () => stage.ended !== undefined, 500);
    expect(stage.workers.of(run).stops).toMatchObject([
      { status: 'interrupted', reason: { code: 'RUNNER_STOPPED' } },
    ]);
    expect(stage.controlPlane.stream(run).complete).toBe(true);
    expect(stage.store.held()).toEqual([]);
  });

  it('asked for while connecting ends at once', async () => {
    stage = new LinkStage();
    stage.start();
    stage.link.drain();
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended).toEqual({});
    expect(stage.clock.monotonic()).toBeLessThan(2_500);
  });

  it('asked for twice waits no longer, and kills a worker that does not listen', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).obedient = false;
    stage.link.drain();
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.workers.of(run).killed).toBe(true);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(15_000);
  });

  it('ends in time when there is no room for the outcome of a worker that was killed', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 5_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).obedient = false;
    stage.store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100, 1_000);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(45_000);
    expect(stage.store.held()).toHaveLength(1);
  });

  it('ends in time with the link away, and keeps what is undelivered', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 5_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).write(5);
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    stage.controlPlane.acknowledges = false;
    await stage.controlPlane.channel.close('cut');
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(20_000);
    expect(stage.store.held()).toHaveLength(1);
    expect(stage.store.held()[0]!.complete).toBe(true);
  });
});
