import type { Facility } from '../audit/syslog/message.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import { configInvalid } from './problems.ts';
import type { SettingValues } from './schema.ts';

/** The syslog server that gets the audit trail. */
export interface SyslogSettings {
  readonly server: Endpoint;
  readonly caFile: string | undefined;
  /** Of the client certificate. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Whether the end of a connection counts also if the server has not announced it. */
  readonly allowPlainEnd: boolean;
  readonly facility: Facility;
}

/** Undefined if no server is set. Throws CONFIG_INVALID for half of a client certificate. */
export function compileSyslog(values: SettingValues): SyslogSettings | undefined {
  const certFile = values['audit.syslog.certFile'];
  const keyFile = values['audit.syslog.keyFile'];
  if ((certFile === undefined) !== (keyFile === undefined))
    throw configInvalid([
      {
        path: 'audit.syslog',
        problem: 'has only one of certFile and keyFile',
        remedy: 'set both, or neither',
      },
    ]);
  const server = values['audit.syslog.url'];
  if (server === undefined) return undefined;
  return {
    server,
    caFile: values['audit.syslog.caFile'],
    client: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    allowPlainEnd: values['audit.syslog.allowPlainEnd'] === true,
    facility: values['audit.syslog.facility'] ?? 'audit',
  };
}
