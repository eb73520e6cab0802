import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { controlPlaneNetwork } from '../../config/network-settings.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { readTrustedFile } from '../../../foundation/src/runtime/trusted-file.ts';
import { readHeadersFile } from '../../observability/otlp/headers-file.ts';
import { syslogTls } from '../../config/syslog-network.ts';
import type { Check } from '../check.ts';
import { failed, pass, warn, type Finding } from '../finding.ts';
import type { Machine } from '../options.ts';

const MAX_BYTES = 1024 * 1024;

/** The configuration file, who can change it, and the files that it names. */
export const configuration: Check = {
  name: 'configuration',
  title: 'configuration',
  needs: [],
  run: async (facts) => {
    let config: RunnerConfig;
    try {
      config = await facts.config();
    } catch (thrown) {
      return [failed('settings', thrown)];
    }
    return [
      await settingsFile(config),
      ...otherRunner(config, facts.options.machine),
      await caFiles(config),
      ...(await telemetryHeaders(config)),
      ...(await syslogFiles(config)),
    ];
  },
};

async function settingsFile({ configFile }: RunnerConfig): Promise<Finding> {
  if ((await stat(configFile).catch(() => undefined)) === undefined)
    return pass('settings', `no file ${configFile}; defaults, flags and environment apply`);
  try {
    await readTrustedFile(configFile, { kind: 'trusted', maxBytes: MAX_BYTES });
    return pass('settings', `${configFile} is valid, and others cannot change it`);
  } catch (thrown) {
    return failed('settings', thrown);
  }
}

/** Users have a runner of their own, so a command without sudo looks at another runner. */
function otherRunner(
  { configDir }: RunnerConfig,
  { systemConfigDir }: Machine,
): readonly Finding[] {
  const isUserRunner = configDir !== systemConfigDir && configDir.includes('/.config/');
  if (!isUserRunner || !existsSync(systemConfigDir)) return [];
  return [
    warn(
      'runner',
      `this is the runner of your user (${configDir}), not the one of this machine (${systemConfigDir})`,
      'Run the command with sudo to check the runner of this machine.',
    ),
  ];
}

async function caFiles(config: RunnerConfig): Promise<Finding> {
  const named = [config.controlPlane.caFile, config.network.caFile].filter(
    (path) => path !== undefined,
  );
  try {
    await controlPlaneNetwork(config);
    const detail = named.length === 0 ? 'none configured' : `readable: ${named.join(', ')}`;
    return pass('CA files', detail);
  } catch (thrown) {
    return failed('CA files', thrown);
  }
}

/** Without it, the runner does not start. */
async function telemetryHeaders({ telemetry }: RunnerConfig): Promise<readonly Finding[]> {
  const { headersFile } = telemetry.otlp;
  if (headersFile === undefined) return [];
  try {
    await readHeadersFile(headersFile);
    return [pass('telemetry', `${headersFile} is readable, and only its owner can read it`)];
  } catch (thrown) {
    return [failed('telemetry', thrown)];
  }
}

/** Without them, the audit trail is not sent. */
async function syslogFiles(config: RunnerConfig): Promise<readonly Finding[]> {
  const { syslog } = config.audit;
  if (syslog === undefined) return [];
  try {
    await syslogTls(config, syslog);
    return [pass('syslog', 'CA, certificate and key are readable, or not configured')];
  } catch (thrown) {
    return [failed('syslog', thrown)];
  }
}
