import { formatListenAddress } from '../../observability/metrics/listen-address.ts';
import { setting } from '../setting.ts';
import { yesOrNo } from '../values/basic.ts';
import { documentUrl, listenAddress, otlpEndpoint } from '../values/network.ts';
import { PATH } from './path.ts';

/** What shows how the runner is doing, and whether a newer one exists. */
export const statusSettings = {
  'status.socket': setting({
    ...PATH,
    flag: '--status-socket',
    default: {
      description: '`status.sock` in the state directory',
      resolve: ({ stateDir, join }) => join(stateDir, 'status.sock'),
    },
    description: 'Unix socket on which the running runner answers `hybrid-runner status`.',
  }),
  'metrics.listen': setting({
    kind: '`address:port` or path',
    schema: listenAddress(),
    show: formatListenAddress,
    flag: '--metrics-listen',
    description: [
      'Where the runner serves `/metrics` for Prometheus, `/livez` and `/readyz`',
      '(docs/observability.md): `127.0.0.1:9464`, or the absolute path of a Unix socket. Off while',
      'unset.',
    ].join(' '),
  }),
  'metrics.allowRemote': setting({
    kind: '`true` or `false`',
    schema: yesOrNo(),
    default: false,
    flag: '--metrics-allow-remote',
    description: [
      'Whether `metrics.listen` may be an address that other machines reach. There is no sign-in',
      'and no TLS.',
    ].join(' '),
  }),
  'telemetry.otlp.endpoint': setting({
    kind: '`http[s]://host:port`',
    schema: otlpEndpoint(),
    flag: '--otlp-endpoint',
    description: [
      'OpenTelemetry collector that gets traces and metrics by OTLP over HTTP',
      '(docs/observability.md), for example `https://collector.example.com:4318`. Off while unset.',
    ].join(' '),
  }),
  'telemetry.otlp.headersFile': setting({
    ...PATH,
    flag: '--otlp-headers-file',
    description: [
      'File with HTTP headers for the collector, a line `Name: value` each. Only its owner may be',
      'able to read it.',
    ].join(' '),
  }),
  'upgrade.check': setting({
    kind: '`https://host/path`',
    schema: documentUrl(),
    flag: '--upgrade-check-url',
    description: [
      'Where `hybrid-runner upgrade --check` asks for the newest version: a document `{"version":',
      '"1.2.3"}`, optionally with a `url` on the same host with more information. Nothing is',
      'downloaded or run. Off while unset.',
    ].join(' '),
  }),
} as const;
