import { describe, expect, it } from 'vitest';
import { parents, succeeded, tokens } from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { LogData, Logger } from '../../../foundation/src/logging/logger.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { createMetadataRestSink } from './rest-sink.ts';

const catalog = catalogOfEachTest();

function recording(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const logger: Logger & { readonly lines: string[] } = {
    lines,
    log: (level, message, data?: LogData) =>
      lines.push(`${level} ${message} ${JSON.stringify(data ?? {})}`),
    child: () => logger,
  };
  return logger;
}

describe('the token', () => {
  it('ends the run at once when it is rejected', async () => {
    const sink = catalog.sink({ jwtToken: tokens('stale') });
    await expect(sink.write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'SINK_UNAUTHORIZED',
      fault: 'user',
    });
    await expect(sink.write(parents[1]!, NEVER)).rejects.toMatchObject({
      code: 'SINK_UNAUTHORIZED',
    });
    expect(catalog.server.requests).toHaveLength(1);
  });

  it('is read again after rotation', async () => {
    expect(await catalog.run(parents, { jwtToken: tokens('stale', 'bot-token') })).toMatchObject({
      status: 'success',
    });
  });

  it('is not contained in errors, log lines or the report', async () => {
    const logger = recording();
    const sink = catalog.sink({
      jwtToken: tokens('canary-token'),
      logger,
      pipeline: { fqn: 'p', runId: 'r' },
    });
    catalog.server.faults.push({
      on: /./,
      status: 400,
      text: JSON.stringify({ code: 400, message: 'you sent \u0007 nonsense' }),
    });
    const thrown: unknown = await sink.write(parents[0]!, NEVER).catch((error: unknown) => error);
    const report = await sink.finish(succeeded, NEVER);
    expect(`${String(thrown)}${JSON.stringify(report)}${logger.lines.join('')}`).not.toContain(
      'canary-token',
    );
    expect(logger.lines.length).toBeGreaterThan(0);
  });

  it('is not sent to the target of a redirect', async () => {
    catalog.server.faults.push({
      on: /^GET /,
      status: 302,
      headers: { location: 'https://elsewhere.test/' },
    });
    await expect(catalog.sink().write(parents[0]!, NEVER)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: false,
    });
    expect(catalog.server.requests).toHaveLength(1);
  });
});

describe('the address', () => {
  const make = (hostPort: string, logger = recording()): Logger & { readonly lines: string[] } => {
    const sink = createMetadataRestSink({
      hostPort,
      logger,
      jwtToken: tokens('x'),
      connect: () => Promise.reject(new Error('not called')),
      clock: systemClock,
      random: { fraction: () => 0, bytes: () => new Uint8Array(), uuid: () => '' },
    });
    void sink.close();
    return logger;
  };

  it.each([
    'catalog:8585',
    'ftp://catalog/api',
    'https://user:pass@catalog/api',
    'https://catalog/api?x=1',
    '',
  ])('rejects %j', (hostPort) => {
    expect(() => make(hostPort)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });

  it('accepts an address without TLS, with a warning', () => {
    expect(make('http://catalog:8585/api').lines).toEqual([expect.stringContaining('unencrypted')]);
    expect(make('https://catalog/api/').lines).toEqual([]);
  });
});
