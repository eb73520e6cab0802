import { describe, expect, it } from 'vitest';
import { noMetrics } from '../../../foundation/src/logging/metrics.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { MemoryEpochs } from '../../../test/support/link/memory-epochs.ts';
import { LinkStage } from '../../../test/support/link/link-stage.ts';
import { channelOver, MemoryWire } from '../../channel/memory.ts';
import { loadCodec } from '../../channel/codec.ts';
import { Attempts } from '../attempts/attempts.ts';
import { Leases } from '../attempts/leases.ts';
import { RejectionRecords } from './rejection-records.ts';
import { Session } from './session.ts';
import { noAuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import { DEFAULT_TIMING } from '../timing.ts';

describe('a session', () => {
  it('closes its channel and returns when it is stopped before it starts', async () => {
    const { clock, logger, store } = new LinkStage();
    const codec = await loadCodec();
    const [near, far] = MemoryWire.pair();
    const [channel, other] = [channelOver(near, codec, clock), channelOver(far, codec, clock)];
    const session = new Session({
      channel,
      frames: channel.frames()[Symbol.asyncIterator](),
      clock,
      logger,
      metrics: noMetrics,
      timing: DEFAULT_TIMING,
      capacity: 1,
      epochs: new MemoryEpochs(),
      rejections: new RejectionRecords(noAuditTrail, clock),
      jobDeadlineMs: 1_000,
      helloAt: 0,
      agreement: {
        positions: [],
        creditBytes: 1_000,
        maxBatchBytes: 1_000,
        heartbeatIntervalMs: 1_000,
        controlPlane: 'x',
        zstd: true,
        auditHead: undefined,
        keyRotation: false,
        serverTimeMs: 0,
      },
      attempts: new Attempts({
        store,
        run: async () => undefined,
        capacity: 1,
        clock,
        logger,
        signal: NEVER,
      }),
      leases: new Leases(clock, () => undefined),
      checkOffer: async () => undefined,
      draining: () => false,
      onConflict: () => undefined,
    });
    await session.run([], AbortSignal.abort());
    const frames = [];
    for await (const frame of other.frames()) frames.push(frame);
    expect(frames).toEqual([]);
  });
});
