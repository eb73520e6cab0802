import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { turnOnMetrics } from '../support/metrics.ts';
import { Relay } from '../support/relay.ts';
import { canMount } from '../support/small-disk.ts';
import { Stage } from '../support/stage.ts';
import { dashboardQueries } from './dashboard.ts';
import { freePort, hasPrometheus, Prometheus } from './prometheus.ts';

const OBJECTS = 40;
const mounts = canMount('test:observability');

let stage: Stage;
let relay: Relay;
let prometheus: Prometheus;

/** Waits until a query has exactly one series with this value. */
async function until(expression: string, expected: (value: number) => boolean): Promise<void> {
  await stage.waitFor(
    expression,
    async () => {
      const value = await prometheus.value(expression);
      return value !== undefined && expected(value);
    },
    60_000,
  );
}

describe.runIf(hasPrometheus())('a real runner, as Prometheus sees it', () => {
  beforeAll(async () => {
    stage = await Stage.open({
      objects: OBJECTS,
      latencyMs: 20,
      controlPlaneArgs: ['--max-attempts', '1'],
      ...(mounts ? { stateBytes: 4 * 1024 * 1024 } : {}),
    });
    relay = await Relay.open({ port: Number(new URL(stage.controlPlane.url).port) });
    stage.reachControlPlaneThrough(relay.port);
    const address = turnOnMetrics(stage, `127.0.0.1:${await freePort()}`);
    prometheus = await Prometheus.start(address);
    await stage.startRunner();
  });

  afterAll(async () => {
    await prometheus?.stop();
    await stage?.close();
    await relay?.close();
  });

  it('is up, and connected', async () => {
    await until('up{job="hybrid-runner"}', (value) => value === 1);
    await until('hybrid_runner_connected', (value) => value === 1);
    await until('hybrid_runner_health{state="connected"}', (value) => value === 1);
  });

  // The first run, which reads everything: later ones have too few records to fill the disk.
  it.runIf(mounts)('shows a disk that is full, and the alerts that wait for it', async () => {
    await until('hybrid_runner_state_disk_free_bytes', (value) => value > 1024 * 1024);
    const { bavail, bsize } = statfsSync(stage.stateDir);
    const ballast = Buffer.alloc(bavail * bsize - 64 * 1024, 1);
    writeFileSync(join(stage.stateDir, 'ballast'), ballast);
    const share = 'hybrid_runner_state_disk_free_bytes / hybrid_runner_state_disk_size_bytes';
    await until(share, (value) => value < 0.1);
    const run = await stage.startRun();
    await until('hybrid_runner_condition{code="DISK_FULL"}', (value) => value === 1);
    for (const alert of ['HybridRunnerTakesNoWork', 'HybridRunnerDiskNearlyFull'])
      await until(`ALERTS{alertname="${alert}"}`, (value) => value === 1);
    rmSync(join(stage.stateDir, 'ballast'));
    expect((await stage.ended(run)).state).toBe('success');
    await until('hybrid_runner_condition{code="DISK_FULL"}', (value) => value === 0);
  });

  // The org keeps the run active over many scrapes; what it writes meanwhile cannot leave the
  // spool.
  it('shows a run while it is active, and what came of it', async () => {
    const slow = {
      match: { path: '/services/data', times: 1 },
      effect: { kind: 'delay', ms: 5000 },
    };
    await stage.admin('POST', '/faults', slow);
    const run = await stage.startRun({ fullRun: true });
    await stage.runWhen(run, 'the run to be active', ({ state }) => state === 'running');
    relay.freeze();
    await until('max_over_time(hybrid_runner_attempts_running[1m])', (value) => value === 1);
    await until('hybrid_runner_offers_total{answer="accepted"}', (value) => value >= 1);
    await until('hybrid_runner_spool_bytes', (value) => value > 0);
    await until('max_over_time(hybrid_runner_workers_resident_memory_bytes[1m])', (v) => v > 1e7);
    relay.thaw();
    relay.cut();
    expect((await stage.ended(run)).state).toBe('success');
    const success = 'hybrid_runner_attempts_total{kind="metadata",outcome="success"}';
    await until(success, (value) => value >= 1);
    await until('hybrid_runner_delivered_records_total', (value) => value > OBJECTS);
    await until('hybrid_runner_source_api_calls_total', (value) => value > 3);
    await until('hybrid_runner_source_api_calls_remaining', (value) => value > 0);
    await until('hybrid_runner_spool_bytes', (value) => value === 0);
    await until('hybrid_runner_attempts_held', (value) => value === 0);
  });

  it('shows a link that is cut, the alert that waits for it, and the connection afterwards', async () => {
    await stage.controlPlaneProgram.end('SIGKILL');
    relay.cut();
    await until('hybrid_runner_connected', (value) => value === 0);
    await until('sum(hybrid_runner_connection_failures_total)', (value) => value > 0);
    const alert = 'ALERTS{alertname="HybridRunnerDisconnected",alertstate="pending"}';
    await until(alert, (value) => value === 1);
    await stage.startControlPlane();
    await until('hybrid_runner_connected', (value) => value === 1);
    await until('hybrid_runner_reconnects_total', (value) => value >= 1);
  });

  it('has data for every query of the dashboard', async () => {
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(20);
    const empty = [];
    for (const [name, query] of queries)
      if ((await prometheus.query(query)).length === 0) empty.push(`${name}: ${query}`);
    expect(empty).toEqual([]);
  });

  it('is watched by rules that Prometheus can evaluate', async () => {
    const { groups } = await prometheus.call<{
      readonly groups: readonly { readonly rules: readonly { health: string; name: string }[] }[];
    }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(8);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it('is no longer up when it has stopped', async () => {
    await stage.stopRunner();
    await until('up{job="hybrid-runner"}', (value) => value === 0);
    const alert = 'ALERTS{alertname="HybridRunnerNoScrape",alertstate="pending"}';
    await until(alert, (value) => value === 1);
  });
});
