import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../../test/support/certificates.ts';
import { temporaryFolder } from '../stage.ts';
import { SALES } from './fakes.ts';
import {
  ingestionPipeline,
  openOpenMetadata,
  TOKEN,
  type AirflowAnswer,
  type OpenMetadataStage,
} from './stage.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server with a certificate that the endpoint trusts, and the requests that it got. */
class Peer {
  readonly requests: IncomingMessage[] = [];
  answer: Answer = (_request, response) => void response.end('{}');
  readonly #server: Server;

  constructor(cert: string, key: string) {
    this.#server = createServer({ cert, key }, (request, response) => {
      this.requests.push(request);
      this.answer(request, response);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, 'localhost', resolve));
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/api`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let authority: Authority;
let folder: ReturnType<typeof temporaryFolder>;
let server: Peer;
let elsewhere: Peer;
let om: OpenMetadataStage;

beforeAll(async () => {
  authority = await createAuthority();
  folder = temporaryFolder();
  writeFileSync(join(folder.path, 'ca.pem'), authority.caPem);
});
afterAll(() => folder.remove());

beforeEach(async () => {
  const { certPem, keyPem } = await authority.issue(['localhost']);
  [server, elsewhere] = [new Peer(certPem, keyPem), new Peer(certPem, keyPem)];
  await Promise.all([server.listen(), elsewhere.listen()]);
  const options = ['--server', server.url, '--ca', join(folder.path, 'ca.pem')];
  om = await openOpenMetadata(options, { real: true });
});
afterEach(async () => {
  await om.close();
  server.close();
  elsewhere.close();
});

function deploy(over: Readonly<Record<string, unknown>> = {}): Promise<AirflowAnswer> {
  return om.post('deploy', ingestionPipeline(over));
}

function service(over: object = {}): string {
  return JSON.stringify({ ...SALES, connection: { config: SALES.connection }, ...over });
}

it('gets the bot token; the address in a deployment does not', async () => {
  server.answer = (_request, response) => void response.end(service());
  const openMetadataServerConnection = {
    hostPort: elsewhere.url,
    securityConfig: { jwtToken: TOKEN },
  };
  expect((await deploy({ openMetadataServerConnection })).status).toBe(200);
  expect(server.requests[0]).toMatchObject({
    url: '/api/v1/services/databaseServices/name/sales',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(elsewhere.requests).toEqual([]);
});

it.each([301, 302, 307, 308])('is not followed to another address with %i', async (status) => {
  server.answer = (_request, response) =>
    void response.writeHead(status, { location: `${elsewhere.url}/v1/x` }).end();
  const answer = await deploy();
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(elsewhere.requests).toEqual([]);
});

it.each([
  [
    'endless',
    (response: ServerResponse) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const write = (): void => {
        if (!response.destroyed) response.write(chunk, () => setImmediate(write));
      };
      write();
    },
  ],
  [
    'compressed beyond reason',
    (response: ServerResponse) =>
      void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20))),
  ],
])('is rejected with an answer that is %s', async (_, send) => {
  server.answer = (_request, response) => send(response);
  const answer = await deploy();
  expect([answer.status, answer.text]).toEqual([
    502,
    expect.stringContaining('RESPONSE_TOO_LARGE'),
  ]);
});

it.each([
  ['no JSON', '<html>'],
  ['no service', '{"a":1}'],
  ['a list', '[]'],
  ['a connection that is a text', service({ connection: { config: 'x' } })],
  ['a name that is a number', service({ name: 1 })],
])('is rejected with an answer that is %s', async (_, body) => {
  server.answer = (_request, response) => void response.end(body);
  const answer = await deploy();
  expect(answer.status).toBe(502);
  expect(answer.text).not.toContain('<html>');
});

it('cannot name a service that is not its own', async () => {
  await om.stage.api.put('/api/v1/services/crm', {
    type: 'Salesforce',
    connection: {
      username: 'a@b.example',
      password: 'secret:/crm/password',
      salesforceDomain: 'acme.my',
    },
  });
  server.answer = (_request, response) => void response.end(service({ name: 'crm' }));
  const answer = await deploy();
  expect([answer.status, answer.text]).toEqual([
    409,
    expect.stringContaining('service name crm is in use in the control plane'),
  ]);
});

it.each(['1.12', 'latest', '', 42])('has no version %j', async (version) => {
  server.answer = (_request, response) => void response.end(JSON.stringify({ version }));
  expect((await om.get('health-auth')).status).toBe(502);
});
