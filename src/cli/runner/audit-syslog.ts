import { hostname } from 'node:os';
import { SyslogForwarder } from '../../audit/syslog/forwarder.ts';
import { auditDirectory } from '../../audit/trail.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { syslogTls } from '../../config/syslog-network.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import { createConnect, systemResolve } from '../../../foundation/src/network/open.ts';
import { TrustStore } from '../../../foundation/src/network/trust.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';

const CONNECT_MS = 10_000;

/** What sends the audit trail to the syslog server of the configuration; undefined without one. */
export function createSyslogForwarder(
  config: Pick<RunnerConfig, 'audit' | 'network' | 'stateDir'>,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): SyslogForwarder | undefined {
  const { stateDir } = config;
  const { syslog } = config.audit;
  if (syslog === undefined) return undefined;
  const { server, facility } = syslog;
  const trust = new TrustStore();
  return new SyslogForwarder({
    place: { directory: auditDirectory(stateDir), disk: nodeDisk, clock: systemClock },
    stateDir,
    server,
    origin: { facility, hostname: hostname() },
    // Files are read for each connection, so that renewed certificates are used at once.
    open: async (signal) => {
      const { network, tls } = await syslogTls(config, syslog);
      const connect = createConnect(network, systemResolve, trust);
      return connect(server, { signal, timeoutMs: CONNECT_MS, tls });
    },
    random: systemRandom,
    logger,
    metrics,
  });
}
