import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

describe('a link', () => {
  it('takes an offer, runs it, delivers every record once and forgets it', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    const worker = stage.workers.of(run);
    worker.write(500, 2_000);
    worker.finish();
    await stage.until('forgotten', () => stage.store.held().length === 0);
    expect(stage.controlPlane.of('accept')).toHaveLength(1);
    expect(stage.controlPlane.stream(run).complete).toBe(true);
    expect(stage.controlPlane.stream(run).lines.map((line) => `${line}\n`)).toEqual(worker.outbox.lines);
    expect(stage.link.status()).toMatchObject({ state: { name: 'connected', channel: 'memory' }, running: 0, attempts: [] });
  });
});
