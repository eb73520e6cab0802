import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import { MemoryOutboxStore } from '../../../test/support/link/memory-outbox.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { AttemptEnd, AttemptStart, History } from '../history/history.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

class RecordedHistory implements History {
  readonly begun: AttemptStart[] = [];
  readonly ends: AttemptEnd[] = [];

  begin(start: AttemptStart): void {
    this.begun.push(start);
  }

  async end(_ref: unknown, end: AttemptEnd): Promise<void> {
    this.ends.push(end);
  }
}

describe('the history of a link', () => {
  it('has the outcome of an attempt that its worker wrote', async () => {
    const history = new RecordedHistory();
    stage = await new LinkStage({ history }).start().untilConnected();
    const worker = await stage.startRun(run);
    expect(history.begun).toMatchObject([{ ref: run, kind: 'metadata' }]);
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(4);
    const outcome = { status: 'failed', endedAt: 5, records: 4, counts: { entities: 4 } };
    worker.outbox.append({ kind: 'outcome', ...outcome }, true);
    worker.exit();
    await stage.until('recorded', () => history.ends.length > 0);
    expect(history.ends).toEqual([outcome]);
  });

  it('has why an attempt was dropped', async () => {
    const history = new RecordedHistory();
    stage = await new LinkStage({ history }).start().untilConnected();
    await stage.startRun(run);
    stage.controlPlane.lost = [run];
    await stage.untilForgotten();
    expect(history.ends).toMatchObject([{ status: 'dropped', error: { code: 'LEASE_LOST' } }]);
  });

  it('has attempts that ended with an earlier process', async () => {
    const history = new RecordedHistory();
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'log' });
    stage = await new LinkStage({ history }, store).start().untilConnected();
    await stage.untilForgotten();
    expect(history.ends).toMatchObject([
      { status: 'interrupted', error: { code: 'RUNNER_STOPPED' } },
    ]);
  });

  it('stops nothing when it fails', async () => {
    const history: History = {
      begin: () => undefined,
      end: () => Promise.reject(new RunnerError('DISK_FULL', 'no room')),
    };
    stage = await new LinkStage({ history }).start().untilConnected();
    const worker = await stage.startRun(run);
    worker.finish('cancelled');
    await stage.untilForgotten();
  });
});
