import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
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

async function runOnce(runId: string): Promise<void> {
  (await stage.startRun(ref(runId))).finish();
  await stage.untilForgotten();
}

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

  it('is sent after each run, at most once a minute', async () => {
    const heads = new Heads();
    await connected(heads, ['audit-heads']);
    await stage.until('sent', () => sent().length === 1);
    for (const runId of ['a', 'b']) await runOnce(runId);
    heads.number = 5;
    await stage.until('sent', () => sent().length === 2, 1_000);
    await runOnce('c');
    heads.number = 6;
    await stage.until('sent', () => sent().length === 3, 1_000);
    const minutes = stage.clock.monotonic() / 60_000;
    expect([Math.floor(minutes), sent().map(({ number }) => number)]).toEqual([2, [4, 5, 6]]);
    heads.number = 7;
    await stage.clock.advance(10 * 60_000);
    expect(sent()).toHaveLength(3);
  });

  it('is the last thing of a drain', async () => {
    const heads = new Heads();
    await connected(heads, ['audit-heads']);
    await stage.until('sent', () => sent().length === 1);
    const worker = await stage.startRun(ref('a'));
    stage.link.drain();
    await stage.clock.advance(1_000);
    expect(sent()).toHaveLength(1);
    worker.finish();
    heads.number = 9;
    await stage.until('ended', () => stage.ended !== undefined);
    expect(sent().at(-1)).toMatchObject({ number: 9, previousNumber: 4 });
    expect(stage.controlPlane.stream(ref('a')).complete).toBe(true);
  });

  it('that cannot be signed delays a drain for seconds only', async () => {
    const heads = new Heads();
    await connected(heads, ['audit-heads']);
    await stage.until('sent', () => sent().length === 1);
    heads.compare = () => new Promise(() => undefined);
    stage.link.drain();
    const began = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.clock.monotonic() - began).toBeLessThan(10_000);
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
