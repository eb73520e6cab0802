import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import { MemoryEpochs } from '../../../test/support/link/memory-epochs.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1', 2, 5);

async function deliverRun(epochs = new MemoryEpochs()): Promise<void> {
  stage = await new LinkStage({ epochs }).start().untilConnected();
  const worker = await stage.startRun(run);
  worker.finish();
  await stage.untilForgotten();
}

const rejections = (): unknown[] => stage.controlPlane.of('reject').map(({ body }) => body);

describe('the offer of an attempt that has ended here', () => {
  it('is a replay, and so is one with a lower epoch; neither starts anything', async () => {
    await deliverRun();
    await stage.controlPlane.offer(run);
    await stage.controlPlane.offer(ref('run-1', 1, 4));
    await stage.until('rejected', () => rejections().length === 2);
    expect(rejections()).toMatchObject([
      { ref: run, code: 'OFFER_REPLAYED', permanent: false },
      { ref: ref('run-1', 1, 4), code: 'OFFER_REPLAYED', permanent: false },
    ]);
    expect(stage.workers.started).toHaveLength(1);
  });

  it('starts the next attempt if it has a higher epoch', async () => {
    await deliverRun();
    await stage.controlPlane.offer(ref('run-1', 3, 6));
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it('is a replay for the next process too', async () => {
    await deliverRun();
    const before = stage;
    await before.close();
    stage = await new LinkStage({}, undefined, before).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () =>
      rejections().some((body) => JSON.stringify(body).includes('OFFER_REPLAYED')),
    );
    expect(stage.workers.started).toHaveLength(0);
  });
});

describe('an offer that cannot be recorded in the audit trail', () => {
  it('is rejected before anything is journaled', async () => {
    const unwritable = new RunnerError('AUDIT_UNWRITABLE', 'failed to write the audit trail');
    const trail = { record: () => Promise.reject(unwritable) };
    stage = await new LinkStage({ trail }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'AUDIT_UNWRITABLE', permanent: false }]);
    expect(stage.store.all).toEqual([]);
  });
});

describe('an offer that cannot be remembered', () => {
  it('is rejected before anything is journaled, and the run may be offered again', async () => {
    const epochs = new MemoryEpochs();
    epochs.failure = new RunnerError('DISK_FULL', 'the disk is full');
    stage = await new LinkStage({ epochs }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'DISK_FULL', permanent: false }]);
    expect(stage.store.all).toEqual([]);
    epochs.failure = undefined;
    await stage.controlPlane.offer({ ...run, epoch: run.epoch + 1 });
    await stage.until('started', () => stage.workers.started.length === 1);
  });
});
