import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { noMetrics } from '../../foundation/src/logging/metrics.ts';
import { openAuditTrail } from '../../src/audit/open.ts';
import { auditDirectory } from '../../src/audit/trail.ts';
import { createSyslogForwarder } from '../../src/cli/runner/audit-syslog.ts';
import { load } from '../support/config-loading.ts';
import { numberOf, upTo, verifyCopy } from '../support/syslog-scene.ts';
import { hasRsyslog, Rsyslog } from './rsyslog.ts';

const HOST = 'syslog.example.com';

describe.runIf(hasRsyslog())('the audit trail in a real rsyslog', () => {
  it.each(['gtls', 'ossl'] as const)(
    'with %s is complete and unchanged, also after its restart',
    async (driver) => {
      // With GnuTLS, it ends connections without close_notify.
      const allowPlainEnd = driver === 'gtls';
      const stateDir = mkdtempSync(join(tmpdir(), 'rsyslog-state-'));
      const trail = openAuditTrail(stateDir);
      const record = (count: number, filler: string): Promise<unknown> =>
        Promise.all(upTo(count).map((each) => trail.record({ event: 'test', each, filler })));
      await record(500, 'é ü 日本 "quoted" \\ %msg% \u0001');
      await record(20, 'x'.repeat(31_000));
      const rsyslog = await Rsyslog.start(driver, HOST);
      const file = JSON.stringify({
        stateDir,
        network: { connectTo: [`${HOST}:6514=127.0.0.1:${rsyslog.port}`] },
        audit: { syslog: { url: `tls://${HOST}`, caFile: rsyslog.caFile, allowPlainEnd } },
      });
      const deps = { logger: silentLogger, metrics: noMetrics };
      const forwarder = createSyslogForwarder(load({ file }).config, deps)!;
      const stop = new AbortController();
      const running = forwarder.run(stop.signal);
      const until = async (lines: number): Promise<void> => {
        while (!rsyslog.messages().some((text) => numberOf(text) === lines)) await delay(100);
        while ((await forwarder.backlog()).lines > 0) await delay(100);
      };
      await until(520);
      expect(rsyslog.messages().map(numberOf)).toEqual(upTo(520));
      await rsyslog.stop();
      await record(50, 'while nobody listens');
      await rsyslog.run();
      await until(570);
      await verifyCopy(rsyslog.messages(), auditDirectory(stateDir));
      stop.abort();
      await running;
      await rsyslog.remove();
      rmSync(stateDir, { recursive: true });
    },
  );
});
