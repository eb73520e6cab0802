import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../foundation/src/runtime/clock.ts';
import { deadlineClock } from '../../test/support/deadline-clock.ts';
import { startHttpsServer, type HttpsServer } from '../../test/support/https-server.ts';
import { compareVersions, queryNewestRelease, type NewestRelease } from './newest-release.ts';

const HOST = 'releases.example.com';
const ADDRESS = `https://${HOST}/runner/newest.json`;

let server: HttpsServer | undefined;
let requests: IncomingMessage[];

afterEach(() => {
  server?.close();
  server = undefined;
});

async function query(
  answer: (response: ServerResponse) => void,
  clock: Clock = systemClock,
): Promise<NewestRelease> {
  requests = [];
  server = await startHttpsServer([HOST], (request, response) => {
    requests.push(request);
    answer(response);
  });
  const { connect } = server;
  return queryNewestRelease({ address: ADDRESS, connect, clock }, AbortSignal.timeout(30_000));
}

const json = (value: unknown) => (response: ServerResponse) => {
  response.end(JSON.stringify(value));
};

/** With a body that would be valid otherwise. */
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(code, headers).end('{"version":"1.2.3"}');
  };

describe('the newest release', () => {
  it('is read from the configured address, once and without data about the runner', async () => {
    const url = `https://${HOST}/releases/1.2.3`;
    expect(await query(json({ version: '1.2.3', url, later: true }))).toEqual({
      version: '1.2.3',
      url,
    });
    expect(requests.map(({ method, url: path, headers }) => ({ method, path, headers }))).toEqual([
      {
        method: 'GET',
        path: '/runner/newest.json',
        headers: {
          host: HOST,
          connection: 'keep-alive',
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': 'hybrid-ingestion-runner',
        },
      },
    ]);
  });

  it.each([
    ['a redirect', status(302, { location: '/' })],
    ['a missing document', status(404)],
    ['a failing server', status(503)],
    ['a page', (response: ServerResponse) => response.end('<html>sign in</html>')],
    ['nothing', (response: ServerResponse) => response.end()],
    ['null', json(null)],
    ['a list', json(['1.2.3'])],
    ['no version', json({})],
    ['a number', json({ version: 1 })],
    ['a word', json({ version: 'latest' })],
    ['escapes in a version', json({ version: '1.2.3-\u001B[2J' })],
    ['words behind a version', json({ version: '1.2.3 run this' })],
    ['a line after a version', json({ version: '1.2.3\n' })],
    ['a long version', json({ version: `1.2.3-${'a'.repeat(60)}` })],
    ['another host', json({ version: '1.2.3', url: 'https://evil.example.com/' })],
    ['another port', json({ version: '1.2.3', url: `https://${HOST}:8443/` })],
    ['plain HTTP', json({ version: '1.2.3', url: `http://${HOST}/` })],
    ['a script', json({ version: '1.2.3', url: 'javascript:alert(1)' })],
    ['a user', json({ version: '1.2.3', url: `https://evil.example.com@${HOST}/` })],
    ['a path', json({ version: '1.2.3', url: '/releases' })],
    ['a long url', json({ version: '1.2.3', url: `https://${HOST}/${'a'.repeat(500)}` })],
  ])('is not taken from an invalid answer: %s', async (_what, answer) => {
    await expect(query(answer)).rejects.toMatchObject({ code: 'UPGRADE_CHECK_INVALID' });
    expect(requests).toHaveLength(1);
  });

  it('is not taken from an answer that is too long, as received or decompressed', async () => {
    const long = JSON.stringify({ version: '1.2.3', more: 'a'.repeat(20_000) });
    await expect(query((response) => response.end(long))).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
    server?.close();
    await expect(
      query((response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(long)),
      ),
    ).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });
});

describe('a server that never finishes its answer', () => {
  it('is left after 20 seconds', async () => {
    const clock = deadlineClock(20_000);
    const answer = (response: ServerResponse): void => {
      response.writeHead(200).write('{');
      clock.expire();
    };
    await expect(query(answer, clock)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(clock.pauses).toEqual([]);
  });
});

describe('a version', () => {
  it.each([
    ['0.2.0', '0.1.9', 'newer'],
    ['0.10.0', '0.9.0', 'newer'],
    ['1.0.0', '1.0.0-rc.1', 'newer'],
    ['1.0.0', '1.0.0', 'same'],
    ['1.0.0+2', '1.0.0+1', 'same'],
    ['1.0.0-rc.1', '1.0.0', 'older'],
    ['0.9.9', '1.0.0', 'older'],
  ])('%s beside %s is %s', (newest, installed, comparison) => {
    expect(compareVersions(newest, installed)).toBe(comparison);
  });
});
