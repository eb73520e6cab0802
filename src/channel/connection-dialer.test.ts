import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { loadCodec } from './codec.ts';
import { ConnectionDialer } from './connection-dialer.ts';

it.each([0, 6_000, 9_900])(
  'times out when the channel does not open, counting %i ms spent on connecting',
  async (connectMs) => {
    await loadCodec();
    const clock = new SimulatedClock();
    const connection = new PassThrough();
    const dialer = new ConnectionDialer(
      { kind: 'ws', alpn: 'http/1.1', open: () => new Promise(() => undefined) },
      {
        url: 'wss://plane.example.com',
        clock,
        timeoutMs: 10_000,
        connect: async (_endpoint, { signal }) => {
          await clock.sleep(connectMs, signal);
          return connection;
        },
      },
    );
    let code: unknown;
    void dialer.dial(NEVER).catch((error: { code: string }) => (code = error.code));
    for (let step = 0; step < 99; step++) await clock.advance(100);
    expect(code).toBeUndefined();
    await clock.advance(200);
    expect(code).toBe('NETWORK_TIMEOUT');
    expect(connection.destroyed).toBe(true);
  },
);
