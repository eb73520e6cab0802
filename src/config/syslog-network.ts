import { readFile } from 'node:fs/promises';
import type { ConnectOptions, NetworkSettings } from '../../foundation/src/network/connect.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../foundation/src/runtime/trusted-file.ts';
import { withOwnCa } from './network-settings.ts';
import type { RunnerConfig } from './runner-config.ts';
import type { SyslogSettings } from './syslog-settings.ts';

const MAX_KEY_BYTES = 64 * 1024;

export interface SyslogTls {
  readonly network: NetworkSettings;
  /** The client certificate, if there is one, and which end of a connection counts. */
  readonly tls: NonNullable<ConnectOptions['tls']>;
}

/**
 * For connections to the syslog server. Reads CA, certificate and key. Throws FILE_UNREADABLE, and
 * FILE_UNSAFE for a key that others can read.
 */
export async function syslogTls(
  config: Pick<RunnerConfig, 'network'>,
  { caFile, client, allowPlainEnd }: Pick<SyslogSettings, 'caFile' | 'client' | 'allowPlainEnd'>,
): Promise<SyslogTls> {
  const network = await withOwnCa(config, caFile);
  const end = allowPlainEnd ? {} : { unannouncedEnd };
  if (client === undefined) return { network, tls: end };
  const { certFile, keyFile } = client;
  const cert = await readCertificate(certFile);
  return { network, tls: { ...end, cert, key: await readKey(keyFile) } };
}

async function readCertificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${path}`, { cause: thrown });
  }
}

async function readKey(path: string): Promise<string> {
  const content = await readTrustedFile(path, { kind: 'private', maxBytes: MAX_KEY_BYTES });
  if (content !== undefined) return content.toString();
  throw new RunnerError('FILE_UNREADABLE', `the key ${path} does not exist`);
}

function unannouncedEnd(): RunnerError {
  return new RunnerError(
    'NETWORK_RESET',
    'the connection to the syslog server ended without close_notify',
    {
      remedy:
        'Let the server announce the end; with rsyslog, use its driver ossl. Otherwise see audit.syslog.allowPlainEnd.',
    },
  );
}
