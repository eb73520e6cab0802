import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testIdentity } from '../../../test/support/link/link-stage.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import type { LogData, Logger } from '../../../foundation/src/logging/logger.ts';
import { isSignedBy, type SignedHead } from '../../audit/head.ts';
import { openAuditTrail } from '../../audit/open.ts';
import { logHeads } from './audit-heads.ts';

const identity = testIdentity();
let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'heads-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

describe('the signed head of the audit trail', () => {
  it('is logged at the start and when there are new lines', async () => {
    const logged: LogData[] = [];
    const logger: Logger = {
      log: (_level, message, data) => void logged.push({ message, ...data }),
      child: () => logger,
    };
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const trail = openAuditTrail(stateDir);
    await trail.record({ event: 'a' });
    const running = logHeads(stateDir, { signer: identity, clock, logger }, stop.signal);
    const count = async (expected: number): Promise<void> => {
      while (logged.length < expected) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await count(1);
    await trail.record({ event: 'b' });
    await trail.record({ event: 'c' });
    await clock.advance(15 * 60_000);
    await count(2);
    stop.abort();
    await running;
    expect(logged).toMatchObject([
      { message: 'signed audit trail head', event: 'auditHead', number: 1 },
      { message: 'signed audit trail head', event: 'auditHead', number: 3 },
    ]);
    const head = logged[1] as unknown as SignedHead;
    expect(isSignedBy(head, identity)).toBe(true);
    expect(isSignedBy({ ...head, number: 2 }, identity)).toBe(false);
    expect(isSignedBy(head, { ...identity, runnerId: 'another' })).toBe(false);
    expect(isSignedBy(head, testIdentity())).toBe(false);
  });
});
