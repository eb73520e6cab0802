import { readBacklog } from '../../audit/syslog/backlog.ts';
import { SyslogConnection } from '../../audit/syslog/connection.ts';
import { auditDirectory } from '../../audit/trail.ts';
import { syslogTls } from '../../config/syslog-network.ts';
import type { SyslogSettings } from '../../config/syslog-settings.ts';
import { formatEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** The syslog server: whether it would take lines of the audit trail, and which it lacks. */
export const syslog: Check = {
  name: 'syslog',
  title: 'syslog',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const settings = (await facts.config()).audit.syslog;
    if (settings === undefined) return [skip('server', 'none configured')];
    return [await answer(facts, settings, signal), await backlog(facts, settings)];
  },
};

/** Opens a connection and ends it, as the service does, without a line in between. */
async function answer(
  facts: Facts,
  settings: SyslogSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const where = formatEndpoint(settings.server);
  if (!(await isOpen(facts))) return skip(where, 'no TLS connection can be opened');
  const { machine, timeoutMs } = facts.options;
  try {
    const { network, tls } = await syslogTls(await facts.config(), settings);
    const connect = createConnect(network, machine.resolve);
    const stream = await connect(settings.server, { signal, timeoutMs, tls });
    const connection = new SyslogConnection(stream, machine.clock, timeoutMs);
    try {
      await connection.finish(signal);
    } finally {
      connection.close();
    }
    return pass(where, 'answers the end of a connection');
  } catch (thrown) {
    return failed(where, thrown);
  }
}

/** Whether the connection would show anything that another check does not say. */
async function isOpen(facts: Facts): Promise<boolean> {
  const target = await facts.syslogTarget();
  if (target === undefined) return true;
  const inspection = await facts.inspect(target);
  return inspection.stage === 'done' && inspection.handshake.problem === undefined;
}

const LATE_SECONDS = 900;

/** As far as the service knows. */
async function backlog(facts: Facts, { server }: SyslogSettings): Promise<Finding> {
  const { disk, clock } = facts.options.machine;
  const { stateDir } = await facts.config();
  try {
    const place = { directory: auditDirectory(stateDir), disk, clock };
    const { lines, seconds } = await readBacklog(place, stateDir, formatEndpoint(server));
    if (lines === 0) return pass('audit trail', 'the server has every line');
    const detail = `lines that the server does not have: ${lines}; the oldest is ${Math.ceil(seconds)} s old`;
    if (seconds < LATE_SECONDS) return pass('audit trail', detail);
    return warn(
      'audit trail',
      detail,
      'Start the service if it is stopped; its log says why lines could not be sent.',
    );
  } catch (thrown) {
    return failed('audit trail', RunnerError.from(thrown, 'FILE_UNREADABLE'));
  }
}
