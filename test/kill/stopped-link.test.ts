import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { childrenOf } from '../support/kills.ts';
import { Stage } from '../support/stage.ts';

const LEASE_MS = 4_000;
/** For a busy machine; the worker checks its lease twice a second. */
const BUSY_MS = 4_000;

interface Stats {
  readonly requests: readonly { readonly at: string; readonly millis: number }[];
}

/** A stopped parent does not collect its children, so the process stays as a zombie. */
function hasEnded(pid: number): boolean {
  return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe.runIf(process.platform === 'linux')('a link that is stopped during a run', () => {
  let stage: Stage;

  afterEach(() => stage.close());

  it('has its worker end with the lease, and completes the run after it resumes', async () => {
    stage = await Stage.open({
      objects: 300,
      latencyMs: 1_500,
      controlPlaneArgs: ['--lease-ttl', `${LEASE_MS}`, '--heartbeat-interval', '500'],
    });
    await stage.startRunner();
    const id = await stage.startRun();
    await stage.waitFor(
      'the worker to call Salesforce',
      async () => (await stage.admin<Stats>('GET', '/stats')).requests.length > 4,
    );
    const [worker] = childrenOf(stage.runner.pid);
    process.kill(stage.runner.pid, 'SIGSTOP');
    const stoppedAt = Date.now();
    try {
      await stage.waitFor(
        'the worker to end',
        () => Promise.resolve(hasEnded(worker!)),
        LEASE_MS + BUSY_MS,
      );
      const goneAt = Date.now();
      process.stdout.write(
        `the worker ended ${goneAt - stoppedAt} ms after its link was stopped, with a lease of ${LEASE_MS} ms\n`,
      );
      expect(goneAt - stoppedAt).toBeGreaterThan(1_000);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const { requests } = await stage.admin<Stats>('GET', '/stats');
      expect(requests.filter(({ at, millis }) => Date.parse(at) - millis > goneAt)).toEqual([]);
    } finally {
      process.kill(stage.runner.pid, 'SIGCONT');
    }
    const run = await stage.ended(id);
    expect(run).toMatchObject({ state: 'success', integrity: 'ok' });
    expect(await stage.client.call('GET', `/api/v1/runs/${id}`)).toMatchObject({ attempt: 2 });
  }, 180_000);
});
