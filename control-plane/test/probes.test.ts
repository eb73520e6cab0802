import { afterEach, describe, expect, it } from 'vitest';
import { FakeRuns, FakeServers } from './openmetadata/fakes.ts';
import { openStage, type Stage } from './stage.ts';

const ANY = { host: '127.0.0.1', port: 0 };
let stage: Stage | undefined;

const open = (parts: Parameters<typeof openStage>[3]): Promise<Stage> =>
  openStage({}, undefined, undefined, parts);
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function ask(port: number, path: string, method = 'GET'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return `${response.status} ${await response.text()}`;
}

describe('the probes of a control plane', () => {
  it('answer two paths without a token, on a port of their own', async () => {
    stage = await open({ probes: ANY });
    const { probePort } = stage;
    expect(await ask(probePort!, '/livez')).toBe('200 alive\n');
    expect(await ask(probePort!, '/readyz?verbose')).toBe('200 ready\n');
    expect(await ask(probePort!, '/readyz', 'HEAD')).toBe('200 ');
    for (const path of ['/', '/api/v1/services', '/livez/', '/healthz'])
      expect(await ask(probePort!, path)).toBe('404 not found\n');
    expect(await ask(probePort!, '/livez', 'POST')).toBe('405 GET or HEAD only\n');
  });

  it('say draining until the shutdown is done, and are gone afterwards', async () => {
    const { promise: delivered, resolve: deliver } = Promise.withResolvers<void>();
    const work = (): Promise<void> => delivered;
    const openMetadata = { servers: new FakeServers(), runs: new FakeRuns(), work };
    const draining = await open({ probes: ANY, openMetadata });
    const closed = draining.close();
    expect(await ask(draining.probePort!, '/readyz')).toBe('503 draining\n');
    expect(await ask(draining.probePort!, '/livez')).toBe('200 alive\n');
    deliver();
    await closed;
    await expect(ask(draining.probePort!, '/livez')).rejects.toThrow('fetch failed');
  });

  it('are off unless they are turned on', async () => {
    stage = await openStage();
    expect(stage.probePort).toBeUndefined();
  });
});
