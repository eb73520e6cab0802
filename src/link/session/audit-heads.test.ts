import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage } from '../../../test/support/link/link-stage.ts';
import type { AuditHeads, ComparedHead } from './audit-heads.ts';

const PAUSE_MS = 15 * 60_000;
let stage: LinkStage;
afterEach(() => stage.close());

class Heads implements AuditHeads {
  number = 4;
  failure: Error | undefined;
  readonly asked: number[] = [];

  async compare(previous: number): Promise<ComparedHead> {
    this.asked.push(previous);
    if (this.failure !== undefined) throw this.failure;
    const hash = String(this.number).repeat(64);
    return { number: this.number, hash, signature: Buffer.alloc(64), previousHash: 'p' };
  }
}

async function connected(heads: Heads, features: readonly string[]): Promise<LinkStage> {
  stage = new LinkStage({ heads });
  stage.controlPlane.challenge = { features };
  stage.controlPlane.welcome = { features, auditHead: 2 };
  await stage.start().untilConnected();
  await stage.clock.advance(1_000);
  return stage;
}

const sent = (): { number: number; previousNumber: number }[] =>
  stage.controlPlane.received.flatMap((frame) => (frame.kind === 'auditHead' ? [frame.body] : []));

describe('the head of the audit trail', () => {
  it('is sent with each session, and later if there are new lines', async () => {
    const heads = new Heads();
    await connected(heads, ['audit-heads']);
    await stage.until('sent', () => sent().length === 1);
    await stage.until('asked again', () => heads.asked.length === 2, PAUSE_MS / 10);
    expect(sent()).toMatchObject([{ number: 4, previousNumber: 2, previousHash: 'p' }]);
    heads.number = 6;
    await stage.until('sent', () => sent().length === 2, PAUSE_MS / 10);
    expect(sent()[1]).toMatchObject({ number: 6, previousNumber: 4 });
  });

  it('is not sent to a control plane that keeps none', async () => {
    const heads = new Heads();
    await connected(heads, ['zstd']);
    expect([heads.asked, sent()]).toEqual([[], []]);
  });

  it('that cannot be signed ends no session', async () => {
    const heads = new Heads();
    heads.failure = new Error('damaged');
    await connected(heads, ['audit-heads']);
    await stage.until('asked again', () => heads.asked.length === 2, PAUSE_MS / 10);
    expect(stage.connected).toBe(true);
    expect(stage.logger.entries).toContainEqual(
      expect.objectContaining({ message: 'failed to sign the head of the audit trail' }),
    );
  });
});
