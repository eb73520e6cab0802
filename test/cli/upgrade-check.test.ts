import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { version } from '../../src/cli/version.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { startHttpsServer, type HttpsServer } from '../support/https-server.ts';
import { Place, type Result } from './command-line.ts';

/** A server with a private CA that is reached only through a proxy. */
const HOST = 'releases.test';
const ADDRESS = `https://${HOST}/newest.json`;
let server: HttpsServer;
let proxy: ConnectProxy;
let place: Place;
let answer: string;

beforeAll(async () => {
  server = await startHttpsServer([HOST], (_request, response) => response.end(answer));
});
afterAll(() => server.close());

beforeEach(async () => {
  place = new Place();
  proxy = await ConnectProxy.open({ target: { host: '127.0.0.1', port: server.port } });
});
afterEach(async () => {
  await proxy.close();
  place.close();
});

const network = (): string[] => [
  '--proxy',
  `http://127.0.0.1:${proxy.port}`,
  '--network-ca-file',
  place.file('ca.pem', server.caPem),
];

function check(...more: string[]): Promise<Result> {
  return place.call(['upgrade', '--check', '--upgrade-check-url', ADDRESS, ...more]);
}

describe('upgrade --check', () => {
  it('is off until upgrade.check is set, and says how to turn it on', async () => {
    const { code, stdout } = await place.call(['upgrade', '--check', ...network()]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/check is off.*set upgrade\.check to/) as string,
    });
    expect(proxy.requested).toEqual([]);
    const { stdout: document } = await place.call(['upgrade', '--check', '--json']);
    expect(JSON.parse(document)).toEqual({ state: 'off', installed: version() });
  });

  it('tells of a newer version through the proxy, from a server with a private CA, and writes nothing', async () => {
    answer = JSON.stringify({ version: '99.0.0', url: `https://${HOST}/99` });
    const flags = network();
    const before = place.snapshot();
    const { code, stdout } = await check(...flags);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `99.0.0 is available, ${version()} is installed. Nothing was downloaded. See https://${HOST}/99\n`,
    });
    expect(JSON.parse((await check('--json', ...flags)).stdout)).toEqual({
      state: 'newer',
      installed: version(),
      newest: '99.0.0',
      url: `https://${HOST}/99`,
    });
    expect(proxy.requested).toEqual([`${HOST}:443`, `${HOST}:443`]);
    expect(place.snapshot()).toEqual(before);
  });

  it('does not suggest a downgrade to an older version', async () => {
    answer = JSON.stringify({ version: '0.0.1' });
    const { code, stdout } = await check(...network());
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('Do not install it') as string,
    });
  });

  it('reports an invalid answer and an untrusted server with their codes', async () => {
    answer = '<html>';
    const { code, stdout } = await check('--json', ...network());
    expect({ code, error: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 70,
      error: { error: { code: 'UPGRADE_CHECK_INVALID' } },
    });
    const untrusted = await check('--json', ...network().slice(0, 2));
    expect(untrusted.stdout).toContain('TLS_UNTRUSTED');
  });

  it.each([
    'http://releases.test/newest.json',
    'https://me:secret@releases.test/newest.json',
    'https://releases.test/newest.json?token=secret',
    'releases.test',
  ])('rejects the address %s', async (address) => {
    const { code, stdout } = await place.call([
      'upgrade',
      '--check',
      '--json',
      '--upgrade-check-url',
      address,
    ]);
    expect(stdout).not.toContain('secret');
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringMatching(/CONFIG_INVALID.*must be https:\/\/host\/path/) as string,
    });
  });

  it('is not taken together with an archive, nor does upgrade work without either', async () => {
    expect((await check('--archive', 'a.tar.gz')).code).toBe(2);
    expect((await place.call(['upgrade'])).code).toBe(2);
  });
});
