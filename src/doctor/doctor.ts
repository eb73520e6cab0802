import { environmentName, settingOf } from '../config/schema.ts';
import type { Check, CheckName } from './check.ts';
import { acceptance } from './checks/acceptance.ts';
import { audit } from './checks/audit.ts';
import { channels } from './checks/channels.ts';
import { clock } from './checks/clock.ts';
import { connection } from './checks/connection.ts';
import { configuration } from './checks/configuration.ts';
import { data } from './checks/data.ts';
import { dns } from './checks/dns.ts';
import { identity } from './checks/identity.ts';
import { installation } from './checks/installation.ts';
import { policy } from './checks/policy.ts';
import { proxy } from './checks/proxy.ts';
import { rules } from './checks/rules.ts';
import { secrets } from './checks/secrets.ts';
import { service } from './checks/service.ts';
import { syslog } from './checks/syslog.ts';
import { tls } from './checks/tls.ts';
import { Facts } from './facts.ts';
import { PARALLEL } from './in-parallel.ts';
import type { DoctorOptions } from './options.ts';
import { proxyPasswords } from '../../foundation/src/network/proxy.ts';
import { cleanResult, makeReport, type Report } from './report.ts';
import { runChecks } from './run-checks.ts';

/** Every check, in the order of the report. */
export const CHECKS: readonly Check[] = [
  installation,
  configuration,
  data,
  audit,
  clock,
  policy,
  identity,
  secrets,
  rules,
  dns,
  proxy,
  tls,
  syslog,
  channels,
  acceptance,
  service,
  connection,
];

/** What a check may take beyond waiting for servers, as many at a time as it may. */
const MARGIN_MS = 1_000;

/**
 * Looks at everything that the runner needs and changes nothing. Rejects only with the reason of
 * the signal. The report contains no secret.
 */
export async function diagnose(options: DoctorOptions, signal: AbortSignal): Promise<Report> {
  const { machine, timeoutMs, version, redactor, onResult } = options;
  const facts = new Facts(options, signal);
  await protectProxyPassword(facts);
  const rounds = Math.ceil((await facts.breadth()) / PARALLEL);
  const redact = (text: string): string => redactor.redact(text);
  const results = await runChecks(
    selected(options.only),
    facts,
    {
      clock: machine.clock,
      limitMs: timeoutMs * Math.max(1, rounds) + MARGIN_MS,
      onResult: (result) => onResult(cleanResult(result, redact)),
    },
    signal,
  );
  return makeReport(results, { version, now: machine.clock.now(), redact });
}

/** The checks with these names and those that they need; all for an empty list. */
function selected(names: readonly CheckName[]): readonly Check[] {
  if (names.length === 0) return CHECKS;
  const wanted = new Set<CheckName>();
  const add = (name: CheckName): void => {
    wanted.add(name);
    CHECKS.find((check) => check.name === name)?.needs.forEach(add);
  };
  names.forEach(add);
  return CHECKS.filter(({ name }) => wanted.has(name));
}

/** Also when the configuration is invalid, so that its errors cannot contain the password. */
async function protectProxyPassword({ config, options }: Facts): Promise<void> {
  const { env, redactor } = options;
  const configured = await config().then(
    ({ network }) => network.proxy,
    () => undefined,
  );
  const { sharedVariables } = settingOf('network.proxy');
  const variables = [environmentName('network.proxy'), ...(sharedVariables?.variables ?? [])];
  const proxies = [configured, ...variables.map((name) => env[name])];
  for (const password of proxies.flatMap((proxy) => (proxy ? proxyPasswords(proxy) : [])))
    redactor.add(password);
}
