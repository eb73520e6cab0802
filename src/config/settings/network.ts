import { hideProxyCredentials } from '../../../foundation/src/network/proxy.ts';
import { setting } from '../setting.ts';
import { list } from '../values/basic.ts';
import { connectTo, formatConnectTo, noProxyRules, proxy } from '../values/network.ts';
import { PATH } from './path.ts';

/** Connections to the control plane and to sources. */
export const networkSettings = {
  'network.proxy': setting({
    kind: '`http[s]://[user:password@]host:port`',
    schema: proxy(),
    flag: '--proxy',
    savedAtEnrollment: true,
    show: hideProxyCredentials,
    secret: (value) => hideProxyCredentials(value) !== value,
    sharedVariables: {
      variables: ['HTTPS_PROXY', 'https_proxy'],
      read: (value) => (value.includes('://') ? value : `http://${value}`),
    },
    description: [
      'HTTP proxy for every connection, by CONNECT. Write a proxy with a password in the file or',
      'the environment, not as a flag.',
    ].join(' '),
  }),
  'network.noProxy': setting({
    kind: 'list',
    schema: noProxyRules(),
    default: '',
    flag: '--without-proxy',
    savedAtEnrollment: true,
    sharedVariables: { variables: ['NO_PROXY', 'no_proxy'] },
    description: [
      'Destinations that are reached without the proxy: host names (including subdomains),',
      '`host:port`, addresses, CIDR blocks, `*`. Separated by commas or spaces; an entry that',
      'cannot match anything is an error.',
    ].join(' '),
  }),
  'network.connectTo': setting({
    kind: 'list of `host:port=host:port`',
    schema: list(connectTo()),
    default: '',
    flag: '--connect-to',
    savedAtEnrollment: true,
    show: (rules) => rules.map(formatConnectTo),
    description: [
      'Where to connect instead of the address from name resolution (PrivateLink, split-horizon',
      'DNS). Certificates are checked against the requested name.',
    ].join(' '),
  }),
  'network.caFile': setting({
    ...PATH,
    flag: '--network-ca-file',
    savedAtEnrollment: true,
    description: [
      'PEM file of CAs that are trusted in addition to the public ones on every connection,',
      'including the one to the proxy.',
    ].join(' '),
  }),
} as const;
