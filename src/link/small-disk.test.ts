import { MemoryEpochs } from '../../test/support/link/memory-epochs.ts';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlPlaneDouble } from '../../test/support/link/control-plane-double.ts';
import { AUTHORITY, ref, testIdentity } from '../../test/support/link/link-stage.ts';
import { canMount } from '../../test/support/small-disk.ts';
import { channelOver, MemoryDialer } from '../channel/memory.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { createLink, type Link } from './link.ts';
import { openOutboxStore, type SpoolOutboxStore } from './outbox/spool-outbox-store.ts';
import { createStartWorker } from './workers/start-worker.ts';

const entry = resolve(import.meta.dirname, '../../test/support/worker-program.ts');
const run = ref('run-1');

describe.runIf(canMount('src/link/small-disk'))('a link on a disk of one megabyte', () => {
  const identity = testIdentity();
  const controlPlane = new ControlPlaneDouble(AUTHORITY, identity.publicKey);
  let stateDir: string;
  let store: SpoolOutboxStore;
  let link: Link;
  let ended: Promise<void>;
  const stop = new AbortController();

  beforeEach(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', stateDir]);
    store = await openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger });
    link = createLink({
      epochs: new MemoryEpochs(),
      identity,
      dialers: [
        new MemoryDialer(AUTHORITY, systemClock, (wire, codec) =>
          controlPlane.accept(channelOver(wire, codec, systemClock)),
        ),
      ],
      store,
      capacity: 1,
      startWorker: createStartWorker({
        store,
        entry,
        settings: {},
        logger: silentLogger,
        clock: systemClock,
        env: process.env,
      }),
      checkOffer: async () => undefined,
      jobDeadlineMs: 60_000,
      drainTimeoutMs: 1_000,
      version: '1',
      platform: 'test',
      predecessor: { hasEnded: true, succeed: () => Promise.resolve() },
      logger: silentLogger,
      clock: systemClock,
      random: systemRandom,
      timing: { diskFullMs: 1_500 },
    });
    ended = link.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await store.close();
    execFileSync('umount', [stateDir]);
    rmSync(stateDir, { recursive: true });
  });

  it('ends an attempt with a larger record as DISK_FULL, delivers its earlier records, and deletes it', async () => {
    await expect.poll(() => link.status().state.name, { timeout: 240_000 }).toBe('connected');
    await controlPlane.offer(run, { workflow: Buffer.from('write too much') });
    await expect.poll(() => controlPlane.stream(run).complete, { timeout: 240_000 }).toBe(true);
    const [first, outcome, ...more] = controlPlane.stream(run).lines;
    expect([first, more]).toEqual(['first', []]);
    expect(JSON.parse(outcome!)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      records: 1,
      error: { code: 'DISK_FULL', remedy: expect.stringContaining('Free space') as string },
    });
    await expect.poll(() => readdir(join(stateDir, 'spool')), { timeout: 240_000 }).toEqual([]);
  });
});
