import { once } from 'node:events';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { statSync } from 'node:fs';
import {
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from './fake-runner.ts';
import { startProgram, type Program } from './program.ts';
import { enrollVia, temporaryFolder } from './stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
let program: Program;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Starts the program for the tests of a block. */
function startForEach(): void {
  beforeEach(async () => {
    program = await startProgram(folder.path);
  });
  afterEach(() => program.end('SIGKILL'));
}

describe('program start', () => {
  it('prints the admin token only on request', async () => {
    const printing = await startProgram(folder.path, ['--print-admin-token']);
    expect(printing.ready['adminToken']).toMatch(/^hra_/);
    await printing.end('SIGKILL');
  });

  it.each([
    ['127.0.0.2', '127.0.0.2'],
    ['0.0.0.0', hostname()],
  ])(
    'listens on %s, names %s in ready line and certificate, and accepts runners',
    async (host, named) => {
      const bound = await startProgram(folder.path, ['--host', host]);
      const url = new URL(bound.ready['url'] as string);
      expect([url.hostname, new URL(bound.ready['console'] as string).host]).toEqual([
        named.toLowerCase(),
        url.host,
      ]);
      const socket = connectTls({
        host: host === '0.0.0.0' ? '127.0.0.1' : host,
        port: bound.port,
        ca: bound.ca,
        servername: isIP(named) === 0 ? named : '',
        checkServerIdentity: (_, certificate) => checkServerIdentity(named, certificate),
      });
      await once(socket, 'secureConnect');
      socket.destroy();
      await bound.end('SIGKILL');
    },
  );

  it.each([
    ['--port', 'x'],
    ['--tls-cert', 'a.pem'],
    ['--unknown', '1'],
    ['--probes', 'localhost.example:7480'],
    ['--otlp-endpoint', 'https://user:password@collector.example.com'],
    ['--otlp-headers-file', 'headers'],
  ])('rejects %s %s', async (name, value) => {
    await expect(startProgram(folder.path, [name, value])).rejects.toThrow('ended with 2');
  });
});

describe('running program', () => {
  startForEach();

  it('prints one ready line without a token', () => {
    expect(Object.keys(program.ready)).toEqual([
      'ready',
      'url',
      'console',
      'caFile',
      'adminTokenFile',
    ]);
    expect(statSync(program.ready['adminTokenFile'] as string).mode & 0o777).toBe(0o600);
  });

  it.each(['ws', 'grpc'] as const)(
    'closes runner connections over %s when it shuts down',
    async (kind) => {
      const { connection } = await connect(kind, program, await enrollVia(program.api));
      const ended = await program.end('SIGTERM');
      expect(await connection.closed).toBe(kind === 'ws' ? 1001 : 0);
      expect(ended).toEqual({ code: 0, signal: null });
    },
  );
});

describe('port', () => {
  startForEach();

  it('reports the remedy when it is in use', async () => {
    const other = temporaryFolder();
    await expect(startProgram(other.path, ['--port', String(program.port)])).rejects.toThrow(
      'ADDRESS_IN_USE',
    );
    other.remove();
  });

  it('answers HTTP/2 clients without gRPC and unknown methods', async () => {
    const session = connectHttp2(`https://localhost:${program.port}`, { ca: program.ca });
    const ask = async (headers: OutgoingHttpHeaders): Promise<IncomingHttpHeaders> => {
      const stream = session.request({ ':method': 'POST', ...headers });
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      stream.resume().end();
      return answer;
    };
    expect(await ask({ ':path': '/' })).toMatchObject({ ':status': 415 });
    expect(
      await ask({
        ':path': '/hybrid.runner.v1.RunnerLink/Other',
        'content-type': 'application/grpc',
      }),
    ).toMatchObject({ 'grpc-status': '12' });
    session.close();
  });
});
