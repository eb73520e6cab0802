import { MemoryEpochs } from '../../test/support/link/memory-epochs.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Peer } from '../../test/contract/channel.contract.ts';
import { NetworkStage } from '../../test/contract/channel.stage.ts';
import { ControlPlaneDouble } from '../../test/support/link/control-plane-double.ts';
import { ref, testIdentity } from '../../test/support/link/link-stage.ts';
import { MemoryOutboxStore } from '../../test/support/link/memory-outbox.ts';
import { ScriptedWorkers } from '../../test/support/link/scripted-workers.ts';
import { Relay } from '../../test/support/relay.ts';
import type { Channel, Dialer } from '../channel/channel.ts';
import { loadCodec } from '../channel/codec.ts';
import { FramedChannel } from '../channel/framed-channel.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { NETWORK_CHANNELS } from '../../foundation/src/network/channel-kind.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { createLink, type Link } from './link.ts';

const run = ref('run-1');

/** A channel of this program over the far end of a test server. */
async function channelAt(far: Peer): Promise<Channel> {
  const wire = {
    write: (message: readonly Uint8Array[], taken: () => void) => {
      far.send(Buffer.concat(message));
      taken();
    },
    bufferedBytes: () => 0,
    pause: () => far.pause(),
    resume: () => far.resume(),
    end: () => far.end(),
    destroy: () => far.cut(),
  };
  const channel = new FramedChannel('memory', wire, await loadCodec(), systemClock);
  void (async () => {
    for (;;) channel.received(await far.next());
  })();
  void far.closed.then(() => channel.ended(undefined));
  return channel;
}

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (const endsAt = performance.now() + 240_000; !holds();) {
    if (performance.now() > endsAt) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.each(NETWORK_CHANNELS)('a link over %s', (kind) => {
  const identity = testIdentity();
  let stage: NetworkStage;
  let relay: Relay;
  let controlPlane: ControlPlaneDouble;
  let link: Link;
  let stop: AbortController;
  let ended: Promise<void>;
  const store = new MemoryOutboxStore();
  const workers = new ScriptedWorkers();

  beforeEach(async () => {
    stage = await NetworkStage.open(kind);
    relay = await Relay.open({ port: stage.server.port });
    controlPlane = new ControlPlaneDouble('plane.test:443', identity.publicKey);
    controlPlane.welcome = { heartbeatIntervalMs: 100 };
    void (async () => {
      for (;;) controlPlane.accept(await channelAt(await stage.accepted()));
    })();
    const dialer: Dialer = {
      kind,
      authority: 'plane.test:443',
      dial: (signal) => stage.dialer({ port: relay.port, timeoutMs: 1_000 }).dial(signal),
    };
    stop = new AbortController();
    link = createLink({
      epochs: new MemoryEpochs(),
      identity,
      dialers: [dialer],
      store,
      startWorker: workers.start,
      capacity: 1,
      checkOffer: async () => undefined,
      jobDeadlineMs: 60_000,
      drainTimeoutMs: 1_000,
      version: '1',
      platform: 'test',
      predecessor: { hasEnded: true, succeed: () => Promise.resolve() },
      logger: silentLogger,
      clock: systemClock,
      random: systemRandom,
      timing: { silenceMs: 1_000, backoffBaseMs: 50 },
    });
    ended = link.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await relay.close();
    await stage.close();
  });

  it('detects a silent connection by the heartbeat, replaces it, and delivers every record once', async () => {
    // A busy machine may break the first session. The same offer is then accepted again.
    for (
      let session = 0;
      workers.started.length === 0;
      await new Promise((resolve) => setTimeout(resolve, 10))
    ) {
      if (controlPlane.statements.length === session) continue;
      session = controlPlane.statements.length;
      await eventually('connected', () => link.status().state.name === 'connected');
      await controlPlane.offer(run);
    }
    const worker = workers.of(run);
    worker.write(200, 2_000);
    await eventually('some delivered', () => controlPlane.stream(run).lines.length > 0);
    const sessions = controlPlane.statements.length;
    relay.freeze();
    worker.write(200, 2_000);
    const dead = relay;
    relay = await Relay.open({ port: stage.server.port });
    const frozenAt = performance.now();
    await eventually('reconnected', () => controlPlane.statements.length > sessions);
    // Unanswered batches alone would end the session only after a minute.
    expect(performance.now() - frozenAt).toBeLessThan(50_000);
    worker.finish();
    await eventually('forgotten', () => store.held().length === 0);
    expect(controlPlane.stream(run).lines.map((line) => `${line}\n`)).toEqual(worker.outbox.lines);
    await dead.close();
  });
});
