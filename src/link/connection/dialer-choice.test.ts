import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkChannel } from '../../../foundation/src/network/channel-kind.ts';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { Dialer } from '../../channel/channel.ts';
import type { Refusal } from '../../channel/frames.ts';
import { explainAnswer } from '../../channel/http-answer.ts';
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

describe('two kinds of channel', () => {
  /** A stage whose preferred kind fails while `blocked`. */
  function twoKinds(failure = new RunnerError('PROXY_REFUSED', 'no upgrades')): {
    blocked: boolean;
    dialed: string[];
  } {
    const control = { blocked: true, dialed: [] as string[] };
    const via = (kind: NetworkChannel): Dialer => ({
      kind,
      authority: 'plane.example.com:443',
      dial: async (signal) => {
        control.dialed.push(kind);
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
    expect(control.dialed).toEqual(['ws', 'grpc']);
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    const worker = stage.workers.of(run);
    worker.write(30);
    await stage.until('probed once', () => control.dialed.length === 3, 5_000);
    control.blocked = false;
    worker.write(30);
    await stage.until(
      'back',
      () =>
        stage.connected &&
        stage.link.status().attempts.length === 1 &&
        control.dialed.at(-1) === 'ws' &&
        control.dialed.filter((kind) => kind === 'ws').length >= 4,
      5_000,
    );
    expect(stage.link.status().state).toMatchObject({ name: 'connected', channel: 'ws' });
    worker.finish();
    await stage.untilForgotten();
    expect(stage.controlPlane.stream(run).lines.map((line) => `${line}\n`)).toEqual(
      worker.outbox.lines,
    );
    expect(control.dialed.filter((kind) => kind === 'grpc')).toHaveLength(1);
  });

  it('start with the one that worked last, until none works', async () => {
    const control = twoKinds();
    await stage.start().untilConnected();
    await stage.controlPlane.channel.close('cut');
    await stage.until('reconnected', () => control.dialed.length === 3 && stage.connected);
    expect(control.dialed).toEqual(['ws', 'grpc', 'grpc']);
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
    'fall back for faults on the way, not for the control plane itself (%s)',
    async (_case, answer, dialed) => {
      const control = twoKinds(
        explainAnswer({ ...answer, retryAfter: undefined }, 'plane.example.com:443', 0),
      );
      stage.start();
      await stage.until(
        'decided',
        () => stage.connected || stage.link.status().state.name === 'waiting',
      );
      expect(control.dialed).toEqual(dialed);
    },
  );

  it('wait for the longest Retry-After of all kinds', async () => {
    stage = new LinkStage();
    const failing = (kind: NetworkChannel, error: RunnerError): Dialer => ({
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
    await stage.until('dialed again', () => stage.dials === 4, 500);
  });

  it('do not fall back for a refusal by the control plane', async () => {
    const control = twoKinds();
    control.blocked = false;
    refuse({ code: 'BUSY' });
    stage.start();
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting');
    expect(control.dialed).toEqual(['ws']);
  });
});
