import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { Connections } from '../../demo/connections.ts';

it('repeats a reading call whose kept connection the server closes meanwhile', async () => {
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue(['localhost']);
  const calls: string[] = [];
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    calls.push(request.method!);
    if (calls.length === 2) request.socket.destroy();
    else response.end('here');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);
  const connections = new Connections(authority.caPem);
  const call = async (method: string): Promise<string> =>
    text(await connections.send({ method, url, headers: {}, body: undefined }));
  try {
    expect(await call('GET')).toBe('here');
    expect(await call('GET')).toBe('here');
    expect(calls).toEqual(['GET', 'GET', 'GET']);
    expect(await call('POST')).toBe('here');
  } finally {
    connections.close();
    server.close();
  }
});
