import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, turnOnMetrics, valueOf } from '../../support/metrics.ts';
import { writeConfig } from '../../support/stage-setup.ts';
import { Stage } from '../../support/stage.ts';
import { numberOf, upTo, verifyCopy } from '../../support/syslog-scene.ts';
import { SyslogServer } from '../../support/syslog-server.ts';

/** A real runner whose audit trail goes to a syslog server. */
describe('the audit trail of a runner', () => {
  let stage: Stage;
  let server: SyslogServer;
  let metrics: string;
  beforeAll(async () => {
    server = await SyslogServer.start({ names: ['localhost'] });
    stage = await Stage.open({ objects: 3, latencyMs: 0 });
    const caFile = join(stage.place.directory, 'syslog-ca.pem');
    writeFileSync(caFile, server.authority.caPem);
    const syslog = { url: `tls://localhost:${server.port}`, caFile };
    writeConfig(stage.place, stage.place.configFile, () => ({ audit: { syslog } }));
    metrics = turnOnMetrics(stage);
  }, 300_000);
  afterAll(async () => {
    await stage?.close();
    await server.close();
  });

  const texts = (): string[] =>
    server.messages.map((message) => message.slice(message.indexOf('{')));

  function recorded(): number {
    const audit = join(stage.stateDir, 'audit');
    const names = readdirSync(audit).filter((name) => name.endsWith('.jsonl'));
    return names.flatMap((name) => readFileSync(join(audit, name), 'utf8').split('\n').slice(0, -1))
      .length;
  }

  async function allSent(): Promise<void> {
    await stage.waitFor('syslog to have every line', async () =>
      upTo(recorded()).every((number) => texts().some((text) => numberOf(text) === number)),
    );
    await verifyCopy(texts(), join(stage.stateDir, 'audit'));
    expect(server.faults).toEqual([]);
  }

  it('is on the syslog server after a run, each line once', async () => {
    await stage.startRunner();
    expect((await stage.ended(await stage.startRun())).state).toBe('success');
    await allSent();
    expect(texts().map(numberOf)).toEqual(upTo(texts().length));
    const events = new Set(texts().map((text) => (JSON.parse(text) as { event: string }).event));
    expect([...events]).toEqual(
      expect.arrayContaining(['enroll', 'job', 'secret', 'connect', 'signIn']),
    );
  }, 300_000);

  it('lets runs continue while the server takes nothing, and is complete after a kill', async () => {
    server.conduct = 'neverEnd';
    const before = recorded();
    expect((await stage.ended(await stage.startRun({ fullRun: true }))).state).toBe('success');
    await stage.waitFor('the metric to show what waits', async () => {
      const { text } = await ask(metrics, '/metrics');
      const waiting = valueOf(text, 'hybrid_runner_audit_syslog_waiting_lines') ?? 0;
      const age = valueOf(text, 'hybrid_runner_audit_syslog_oldest_waiting_line_age_seconds') ?? 0;
      return waiting >= recorded() - before && age > 0;
    });
    await stage.runner.end('SIGKILL');
    server.conduct = 'read';
    await stage.startRunner();
    await allSent();
    await stage.waitFor('the metric to show that nothing waits', async () => {
      const { text } = await ask(metrics, '/metrics');
      return valueOf(text, 'hybrid_runner_audit_syslog_waiting_lines') === 0;
    });
  }, 300_000);
});
