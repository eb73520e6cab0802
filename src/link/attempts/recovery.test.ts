import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import { MemoryOutboxStore } from '../../../test/support/link/memory-outbox.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

describe('a link after a restart', () => {
  it('closes running attempts as interrupted and delivers them', async () => {
    const store = new MemoryOutboxStore();
    const outbox = store.add(run);
    outbox.append({ kind: 'log' });
    outbox.append({ kind: 'log' });
    stage = new LinkStage({}, store);
    stage.controlPlane.stream(run).lines.push('{"kind":"log"}');
    await stage.start().untilConnected();
    await stage.untilForgotten();
    expect(stage.controlPlane.statements[0]!.held).toMatchObject([
      { ref: run, durableSequence: 3, running: false, complete: true },
    ]);
    expect(stage.controlPlane.stream(run).lines).toHaveLength(3);
    expect(JSON.parse(stage.controlPlane.stream(run).lines[2]!)).toMatchObject({
      status: 'interrupted',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('writes the interrupted outcome as soon as the disk has room', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'log' });
    store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    stage = await new LinkStage({}, store).start().untilConnected();
    await stage.clock.advance(20_000);
    expect(stage.controlPlane.stream(run).complete).toBe(false);
    store.closeFailure = undefined;
    await stage.untilForgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines[1]!)).toMatchObject({
      status: 'interrupted',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('discards an attempt that the control plane no longer wants', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'outcome' }, true);
    stage = new LinkStage({}, store);
    stage.controlPlane.verdict = () => 'VERDICT_DISCARD';
    await stage.start().untilConnected();
    await stage.untilForgotten();
    expect(stage.controlPlane.of('batch')).toEqual([]);
  });

  it.each([
    ['lost acknowledged records', 1, 0, 'lost records'],
    ['has records that this runner lacks', 0, 5, 'no longer has'],
  ])(
    'drops and logs an attempt when the control plane %s',
    async (_case, acknowledged, stored, words) => {
      const store = new MemoryOutboxStore();
      const outbox = store.add(run);
      outbox.append({ kind: 'log' });
      outbox.append({ kind: 'outcome' }, true);
      await outbox.acknowledge(acknowledged);
      stage = new LinkStage({}, store);
      stage.controlPlane.stream(run).lines.push(...Array.from({ length: stored }, () => '{}'));
      await stage.start().untilConnected();
      await stage.untilForgotten();
      expect(
        stage.logger.entries.some(
          ({ message, data }) =>
            message === 'attempt dropped' && String(data['error']).includes(words),
        ),
      ).toBe(true);
    },
  );

  it('keeps an attempt that the welcome omits', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'outcome' }, true);
    stage = new LinkStage({}, store);
    stage.controlPlane.welcome = { positions: [] };
    stage.start();
    await stage.until('tried again', () => stage.dials >= 2, 100);
    expect(store.held()).toHaveLength(1);
  });
});
