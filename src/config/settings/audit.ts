import { FACILITIES } from '../../audit/syslog/message.ts';
import { setting } from '../setting.ts';
import { oneOf, yesOrNo } from '../values/basic.ts';
import { formatSyslogServer, syslogServer } from '../values/network.ts';
import { PATH } from './path.ts';

/** Where the audit trail is sent. */
export const auditSettings = {
  'audit.syslog.url': setting({
    kind: '`tls://host:port`',
    schema: syslogServer(),
    show: formatSyslogServer,
    flag: '--audit-syslog',
    description: [
      'Syslog server that gets every line of the audit trail, over TLS (docs/audit.md). Port 6514',
      'if it has none. Off while unset.',
    ].join(' '),
  }),
  'audit.syslog.caFile': setting({
    ...PATH,
    flag: '--audit-syslog-ca-file',
    description: [
      'PEM file of the CA that signed the syslog server’s certificate. If set, public CAs are not',
      'trusted for it.',
    ].join(' '),
  }),
  'audit.syslog.certFile': setting({
    ...PATH,
    flag: '--audit-syslog-cert-file',
    description: 'PEM file of a client certificate for the syslog server, with its chain.',
  }),
  'audit.syslog.keyFile': setting({
    ...PATH,
    flag: '--audit-syslog-key-file',
    description: 'PEM file of the key of that certificate. Only its owner may be able to read it.',
  }),
  'audit.syslog.allowPlainEnd': setting({
    kind: '`true` or `false`',
    schema: yesOrNo(),
    default: false,
    flag: '--audit-syslog-allow-plain-end',
    description: [
      'Whether a connection that the server ends without `close_notify`, as rsyslog does with',
      'GnuTLS, counts as read. Somebody on the network can end one like this (docs/audit.md).',
    ].join(' '),
  }),
  'audit.syslog.facility': setting({
    kind: FACILITIES.map((name) => `\`${name}\``).join(', '),
    schema: oneOf(FACILITIES),
    default: 'audit',
    flag: '--audit-syslog-facility',
    description: 'Facility of the messages; `audit` is number 13.',
  }),
} as const;
