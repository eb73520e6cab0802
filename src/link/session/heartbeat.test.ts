import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage } from '../../../test/support/link/link-stage.ts';
import type { Dialer } from '../../channel/channel.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

describe('a silent control plane', () => {
  it('is disconnected ten seconds after a heartbeat', async () => {
    stage = await new LinkStage().start().untilConnected();
    stage.controlPlane.answersHeartbeats = false;
    const beats = stage.controlPlane.of('heartbeat').length;
    await stage.until('next beat', () => stage.controlPlane.of('heartbeat').length > beats, 100);
    const beatAt = stage.clock.monotonic();
    await stage.until('reconnected', () => stage.dials === 2, 100);
    expect(stage.clock.monotonic() - beatAt).toBeLessThan(14_000);
    expect(stage.logger.entries.some(({ data }) => data['code'] === 'NETWORK_TIMEOUT')).toBe(true);
  });

  it.each([
    ['an idle link', 60_000],
    ['a link with the usual interval', 15_000],
  ])(
    'is replaced within 30 seconds, back-off included (%s)',
    async (_case, heartbeatIntervalMs) => {
      stage = new LinkStage();
      stage.controlPlane.welcome = { heartbeatIntervalMs };
      await stage.start().untilConnected();
      await stage.clock.advance(120_000);
      // The moment after a reply is the worst.
      const beats = stage.controlPlane.of('heartbeat').length;
      await stage.until('next beat', () => stage.controlPlane.of('heartbeat').length > beats, 100);
      stage.controlPlane.answersHeartbeats = false;
      const silentAt = stage.clock.monotonic();
      await stage.until('dialed again', () => stage.dials === 2, 100);
      expect(stage.clock.monotonic() - silentAt).toBeLessThan(30_000);
    },
  );

  it('is replaced within 30 seconds also after many failed connections', async () => {
    stage = new LinkStage();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    stage.start();
    await stage.clock.advance(600_000);
    stage.unreachable = undefined;
    await stage.until('connected', () => stage.connected, 500);
    stage.controlPlane.answersHeartbeats = false;
    const { dials } = stage;
    const silentAt = stage.clock.monotonic();
    await stage.until('dialed again', () => stage.dials > dials, 100);
    expect(stage.clock.monotonic() - silentAt).toBeLessThan(30_000);
  });

  it('is disconnected when its challenge does not arrive', async () => {
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
