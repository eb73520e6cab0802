import type { ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NETWORK_CHANNELS } from '../../foundation/src/network/channel-kind.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { errorOf } from './channel.contract.ts';
import { authority, HOST, NetworkStage, portOf } from './channel.stage.ts';

describe.each(NETWORK_CHANNELS)('%s channel', (kind) => {
  let stage: NetworkStage;

  beforeAll(async () => {
    stage = await NetworkStage.open(kind);
  });

  afterAll(() => stage.close());

  describe('when an HTTP server answers instead of the control plane', () => {
    let server: Http2SecureServer;
    let port: number;
    let answer: { status: number; headers?: Record<string, string>; body: string };

    beforeEach(async () => {
      const leaf = await (await authority()).issue([HOST]);
      server = createSecureServer(
        { allowHTTP1: true, cert: leaf.certPem, key: leaf.keyPem },
        (_request, response) => {
          response.writeHead(answer.status, answer.headers);
          response.end(answer.body);
        },
      );
      port = await portOf(server);
    });

    afterEach(() => void server.close());

    it.each([
      ['never responds', () => undefined],
      [
        'rejects and never ends its response',
        (response: ServerResponse) => {
          response.writeHead(403);
          const dripping = setInterval(() => void response.write('x'), 50);
          response.on('close', () => clearInterval(dripping));
        },
      ],
    ])('times out when the server %s', async (_what, reply) => {
      server
        .removeAllListeners('request')
        .on('request', (_request, response: ServerResponse) => reply(response));
      expect((await errorOf(stage.dialer({ port, timeoutMs: 400 }).dial(NEVER))).code).toBe(
        'NETWORK_TIMEOUT',
      );
    });

    const page = { 'content-type': 'text/html' };
    const refused = JSON.stringify({
      error: { code: 'RUNNER_REVOKED', message: 'revoked by an administrator' },
    });
    it.each([
      [
        'a 401 page',
        { status: 401, headers: page, body: '<html>' },
        'PROXY_REFUSED',
        true,
        undefined,
      ],
      [
        'a 403 page',
        { status: 403, headers: page, body: '<html>blocked</html>' },
        'PROXY_REFUSED',
        true,
        undefined,
      ],
      [
        'an error document of the control plane',
        { status: 403, headers: { 'content-type': 'application/json' }, body: refused },
        'RUNNER_REVOKED',
        false,
        undefined,
      ],
      [
        'a captive portal',
        { status: 200, headers: page, body: '<html>Welcome to the airport</html>' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with Retry-After',
        { status: 503, headers: { 'retry-after': '17' }, body: '' },
        'CONTROL_PLANE_BUSY',
        true,
        17_000,
      ],
      [
        '503 with a page',
        {
          status: 503,
          headers: { ...page, 'retry-after': '17' },
          body: '<html>no upgrades</html>',
        },
        'NETWORK_UNREACHABLE',
        true,
        17_000,
      ],
      [
        '429 with a page',
        { status: 429, headers: page, body: '<html>slow down</html>' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with text from a load balancer',
        { status: 503, headers: { 'content-type': 'text/plain' }, body: 'no healthy upstream' },
        'NETWORK_UNREACHABLE',
        true,
        undefined,
      ],
      [
        '503 with an error document',
        {
          status: 503,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ error: { code: 'CONTROL_PLANE_BUSY', message: 'later' } }),
        },
        'CONTROL_PLANE_BUSY',
        true,
        undefined,
      ],
      ['429 without a body', { status: 429, body: '' }, 'CONTROL_PLANE_BUSY', true, undefined],
      ['404', { status: 404, body: 'nothing here' }, 'NETWORK_UNREACHABLE', true, undefined],
    ])('maps %s to its error code', async (_what, response, code, mayRetry, retryAfterMs) => {
      answer = response;
      const error = await errorOf(stage.dialer({ port }).dial(NEVER));
      expect(error).toMatchObject({ code, retryAfterMs });
      expect(error.fault !== 'permanent').toBe(mayRetry);
      expect(error.message).not.toContain('<html>');
    });
  });
});
