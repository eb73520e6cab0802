import { describe, expect, it } from 'vitest';
import { load } from '../../test/support/config-loading.ts';
import type { RunnerConfig } from './runner-config.ts';

const PREFIX = 'HYBRID_RUNNER_';

function configOf(env: Readonly<Record<string, string>> = {}): RunnerConfig {
  const named = Object.entries(env).map(([name, value]) => [PREFIX + name, value]);
  return load({ env: Object.fromEntries(named) as NodeJS.ProcessEnv }).config;
}

describe('the settings of metrics', () => {
  const listen = (address: string, more = {}): RunnerConfig['metrics']['listen'] =>
    configOf({ METRICS_LISTEN: address, ...more }).metrics.listen;

  it('are off by default', () => {
    expect(configOf().metrics).toEqual({ listen: undefined });
  });

  it('accept loopback and a Unix socket', () => {
    expect(listen('127.0.0.1:9464')).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 9464 });
    expect(listen('/run/metrics.sock')).toEqual({ kind: 'unix', path: '/run/metrics.sock' });
  });

  it.each(['0.0.0.0:9464', '[::]:9464', '192.0.2.7:9464', '[::ffff:127.0.0.1]:9464'])(
    'reject %s, unless other machines are allowed explicitly',
    (address) => {
      expect(() => listen(address)).toThrow(/metrics\.listen: other machines/);
      expect(() => listen(address, { METRICS_ALLOW_REMOTE: 'false' })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
      );
      expect(listen(address, { METRICS_ALLOW_REMOTE: 'true' })).toMatchObject({ port: 9464 });
    },
  );

  it.each(['9464', 'metrics.example.com:9464', '127.0.0.1', 'metrics.sock', '127.0.0.1:99999'])(
    'reject %s',
    (address) => {
      expect(() => listen(address)).toThrow(/METRICS_LISTEN|metrics\.listen/);
    },
  );

  it('reject anything but true and false for other machines', () => {
    expect(() => configOf({ METRICS_ALLOW_REMOTE: 'yes' })).toThrow(/must be true or false/);
  });
});

describe('the settings of telemetry', () => {
  const otlp = (endpoint: string, more = {}): RunnerConfig['telemetry']['otlp'] =>
    configOf({ TELEMETRY_OTLP_ENDPOINT: endpoint, ...more }).telemetry.otlp;

  it('are off as well by default', () => {
    expect(configOf().telemetry.otlp.endpoint).toBeUndefined();
  });

  it('accept a collector with or without a path', () => {
    expect(otlp('https://collector.example.com:4318/').endpoint).toBe(
      'https://collector.example.com:4318',
    );
    expect(otlp('http://collector:4318/otlp').endpoint).toBe('http://collector:4318/otlp');
  });

  it.each(['collector:4318', 'grpc://collector:4317', 'https://u:p@collector', 'https://c?key=x'])(
    'reject the endpoint %s',
    (endpoint) => {
      expect(() => otlp(endpoint)).toThrow(/OTLP_ENDPOINT|telemetry\.otlp\.endpoint/);
    },
  );

  it('send headers only encrypted or within the machine', () => {
    const file = { TELEMETRY_OTLP_HEADERS_FILE: '/etc/otlp-headers' };
    expect(() => otlp('http://collector:4318', file)).toThrow(/headers would be sent unencrypted/);
    for (const endpoint of ['https://collector:4318', 'http://127.0.0.1:4318'])
      expect(otlp(endpoint, file)).toMatchObject({ endpoint });
  });
});
