import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, turnOnMetrics, valueOf } from '../../support/metrics.ts';
import { PLANTED, plantSecrets, runPlanted, runService } from '../../support/planted.ts';
import { found } from '../../support/secret-search.ts';
import { Stage } from '../../support/stage.ts';

let stage: Stage;
let socket: string;

beforeAll(async () => {
  stage = await Stage.open({
    objects: 30,
    latencyMs: 0,
    controlPlaneArgs: ['--max-attempts', '1'],
  });
  await plantSecrets(stage);
  socket = turnOnMetrics(stage);
});

afterAll(() => stage.close());

async function scrape(): Promise<string> {
  const { status, text } = await ask(socket, '/metrics');
  expect(status).toBe(200);
  return text;
}

describe('the metrics of a real runner', () => {
  it('say that it can take a job', async () => {
    await stage.startRunner();
    await stage.waitFor('readiness', async () => (await ask(socket, '/readyz')).status === 200);
    expect(await ask(socket, '/livez')).toEqual({ status: 200, text: 'alive\n' });
    expect(await ask(socket, '/readyz')).toEqual({ status: 200, text: 'connected\n' });
    expect(valueOf(await scrape(), 'hybrid_runner_connected')).toBe(1);
  });

  it('count a run: offer, outcome, calls, allocation, records and secrets', async () => {
    expect((await stage.ended(await stage.startRun())).state).toBe('success');
    await stage.waitFor('delivery', async () => {
      const text = await scrape();
      return valueOf(text, 'hybrid_runner_attempts_held') === 0;
    });
    const text = await scrape();
    const value = (series: string): number | undefined => valueOf(text, `hybrid_runner_${series}`);
    expect(value('offers_total{answer="accepted"}')).toBe(1);
    expect(value('attempts_total{kind="metadata",outcome="success"}')).toBe(1);
    expect(value('attempt_duration_seconds_count{kind="metadata"}')).toBe(1);
    expect(value('source_api_calls_total{connector="salesforce"}')).toBeGreaterThan(3);
    const limit = value('source_api_calls_limit{connector="salesforce"}')!;
    const remaining = value('source_api_calls_remaining{connector="salesforce"}')!;
    expect(limit).toBeGreaterThan(1000);
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThan(limit);
    expect(value('delivered_records_total')).toBeGreaterThan(30);
    expect(value('delivered_bytes_total')).toBeGreaterThan(1000);
    expect(
      value('secret_resolutions_total{provider="vault",result="found"}'),
    ).toBeGreaterThanOrEqual(2);
    expect(value('oldest_undelivered_record_age_seconds')).toBe(0);
    expect(value('state_disk_free_bytes')).toBeGreaterThan(0);
    expect(value('audit_trail_bytes')).toBeGreaterThan(0);
  });

  it('count secrets that are unknown and denied, and runs that failed', async () => {
    expect(await runPlanted(stage, 0)).toBe('failed');
    const missing = { password: 'secret:/canary/missing' };
    expect(await runService(stage, 'wrong', 'wrong', missing)).toBe('failed');
    await stage.waitFor('the failures', async () => {
      const text = await scrape();
      const failed = 'hybrid_runner_attempts_total{kind="metadata",outcome="failed"}';
      return valueOf(text, failed) === 2;
    });
    const unknown = 'hybrid_runner_secret_resolutions_total{provider="none",result="unknown"}';
    expect(valueOf(await scrape(), unknown)).toBe(1);
  });

  it('contain no planted secret, no name of a job, no reference and no host', async () => {
    const text = await scrape();
    expect(found(Buffer.from(text), PLANTED)).toEqual([]);
    for (const word of ['planted', 'canary', 'secret:', 'sandbox', 'Account', 'acme', 'localhost'])
      expect(text).not.toContain(word);
    expect(text).not.toContain(stage.sandbox.myDomain);
    expect(text).not.toContain(new URL(stage.controlPlane.url).host);
    expect(found(Buffer.from(`# ${PLANTED[7]}`), PLANTED)).toEqual([PLANTED[7]]);
    expect(text.split('\n').length).toBeLessThan(200);
  });

  it('say why it takes no job while the control plane is away, and that it lives', async () => {
    await stage.controlPlaneProgram.end('SIGKILL');
    await stage.waitFor('the outage', async () => (await ask(socket, '/readyz')).status === 503);
    expect(['starting\n', 'retrying\n']).toContain((await ask(socket, '/readyz')).text);
    await stage.waitFor('a retry', async () => {
      const text = await scrape();
      return valueOf(text, 'hybrid_runner_health{state="retrying"}') === 1;
    });
    expect(await ask(socket, '/livez')).toEqual({ status: 200, text: 'alive\n' });
    const text = await scrape();
    expect(valueOf(text, 'hybrid_runner_connected')).toBe(0);
    expect(text).toMatch(/hybrid_runner_connection_failures_total\{code="NETWORK_\w+"\} [1-9]/);
    await stage.startControlPlane();
    await stage.waitFor('the reconnect', async () => {
      const later = await scrape();
      return valueOf(later, 'hybrid_runner_reconnects_total')! > 0;
    });
  });
});
