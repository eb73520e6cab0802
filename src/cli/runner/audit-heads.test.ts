import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testIdentity } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import type { LogData, Logger } from '../../../foundation/src/logging/logger.ts';
import { EventCount } from '../../../foundation/src/runtime/event-count.ts';
import { isSignedBy, type SignedHead } from '../../audit/head.ts';
import { openAuditTrail } from '../../audit/open.ts';
import { HeadLog } from './audit-heads.ts';

const identity = testIdentity();
let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'heads-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

const signed = { message: 'signed audit trail head', event: 'auditHead' };

describe('the signed head of the audit trail', () => {
  const logged: LogData[] = [];
  const logger: Logger = {
    log: (_level, message, data) => void logged.push({ message, ...data }),
    child: () => logger,
  };
  const untilLogged = async (expected: number): Promise<void> => {
    while (logged.length < expected) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const ended = new EventCount();
  let clock: SimulatedClock;
  let stop: AbortController;
  let heads: HeadLog;
  let running: Promise<unknown>;

  beforeEach(async () => {
    logged.splice(0);
    clock = new SimulatedClock();
    stop = new AbortController();
    heads = new HeadLog(stateDir, { signer: identity, ended, clock, logger });
    await openAuditTrail(stateDir).record({ event: 'a' });
    running = heads.run(stop.signal).catch((thrown: unknown) => thrown);
    await untilLogged(1);
  });

  it('is logged at the start and when there are new lines', async () => {
    const trail = openAuditTrail(stateDir);
    await trail.record({ event: 'b' });
    await trail.record({ event: 'c' });
    await clock.advance(60_000);
    await clock.advance(14 * 60_000);
    await untilLogged(2);
    stop.abort();
    await running;
    expect(logged).toMatchObject([
      { ...signed, number: 1 },
      { ...signed, number: 3 },
    ]);
    const head = logged[1] as unknown as SignedHead;
    expect(isSignedBy(head, identity)).toBe(true);
    expect(isSignedBy({ ...head, number: 2 }, identity)).toBe(false);
    expect(isSignedBy(head, { ...identity, runnerId: 'another' })).toBe(false);
    expect(isSignedBy(head, testIdentity())).toBe(false);
  });

  it('is logged after a run, at most once a minute, and at the end of the program', async () => {
    const trail = openAuditTrail(stateDir);
    await trail.record({ event: 'b' });
    ended.add();
    await clock.advance(59_000);
    expect(logged).toHaveLength(1);
    await clock.advance(1_000);
    await untilLogged(2);
    await trail.record({ event: 'c' });
    stop.abort();
    await running;
    await heads.logLast();
    await heads.logLast();
    expect(logged).toMatchObject([1, 2, 3].map((number) => ({ ...signed, number })));
  });
});
