import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { directory, load } from '../../test/support/config-loading.ts';
import type { RunnerConfig } from './runner-config.ts';

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function listen(metrics: string): RunnerConfig['metrics']['listen'] {
  return load({ file: `metrics: ${metrics}` }).config.metrics.listen;
}

describe('the settings of metrics', () => {
  it('are off by default', () => {
    expect(load().config.metrics).toEqual({ listen: undefined });
  });

  it('accept loopback and a Unix socket', () => {
    expect(listen('{ listen: "127.0.0.1:9464" }')).toEqual({
      kind: 'tcp',
      host: '127.0.0.1',
      port: 9464,
    });
    expect(listen('{ listen: /run/metrics.sock }')).toEqual({
      kind: 'unix',
      path: '/run/metrics.sock',
    });
  });

  it.each(['0.0.0.0:9464', '[::]:9464', '192.0.2.7:9464', '[::ffff:127.0.0.1]:9464'])(
    'refuse %s, unless other machines are allowed explicitly',
    (address) => {
      expect(() => listen(`{ listen: "${address}" }`)).toThrow(/metrics\.listen: other machines/);
      expect(() => listen(`{ listen: "${address}", allowRemote: false }`)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
      );
      expect(listen(`{ listen: "${address}", allowRemote: true }`)).toMatchObject({ port: 9464 });
      expect(
        load({
          env: {
            HYBRID_RUNNER_METRICS_LISTEN: address,
            HYBRID_RUNNER_METRICS_ALLOW_REMOTE: 'true',
          },
        }).config.metrics.listen,
      ).toMatchObject({ port: 9464 });
    },
  );

  it.each(['9464', '"metrics.example.com:9464"', '"127.0.0.1"', '[]', '"127.0.0.1:99999"'])(
    'refuse %s',
    (address) => {
      expect(() => listen(`{ listen: ${address} }`)).toThrow(/metrics\.listen/);
    },
  );
});
