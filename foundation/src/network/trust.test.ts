import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type Server } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../test/support/certificates.ts';
import { bundledCertificates } from './trust.ts';

const HOST = 'plane.example';
const directory = mkdtempSync(join(tmpdir(), 'trust-'));
const extraFile = join(directory, 'extra.pem');
let server: Server;
let privateCa: string;

beforeAll(async () => {
  const [wide, own] = [await createAuthority(), await createAuthority()];
  privateCa = own.caPem;
  writeFileSync(extraFile, wide.caPem);
  const { certPem, keyPem } = await wide.issue([HOST]);
  server = tls.createServer({ cert: certPem, key: keyPem }, (socket) =>
    socket.on('error', () => undefined).end('hello'),
  );
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
  rmSync(directory, { recursive: true });
});

/** Connects in a separate process whose environment declares a CA as public. */
async function connectElsewhere(publicCas: boolean): Promise<string> {
  const settings = {
    connectTo: [
      {
        from: { host: HOST, port: 443 },
        to: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      },
    ],
    noProxy: [],
    extraCa: [privateCa],
    publicCas,
  };
  const program = `
    const { createConnect } = await import(${JSON.stringify(join(import.meta.dirname, 'open.ts'))});
    const connect = createConnect(${JSON.stringify(settings)});
    try {
      (await connect({ host: '${HOST}', port: 443 }, { signal: new AbortController().signal, timeoutMs: 5000, tls: {} })).destroy();
      console.log('connected');
    } catch (error) {
      console.log(error.code);
    }`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: extraFile } },
  );
  return stdout.trim();
}

describe('bundledCertificates', () => {
  it('reads the first readable file and skips text between certificates', () => {
    const bundle = join(directory, 'bundle.pem');
    writeFileSync(bundle, `# comment\n${privateCa.trim()}\n\n# another\n${privateCa.trim()}\n`);
    expect(bundledCertificates([join(directory, 'missing'), bundle, extraFile])).toEqual([
      privateCa.trim(),
      privateCa.trim(),
    ]);
    expect(bundledCertificates([join(directory, 'missing')])).toEqual([]);
  });
});

describe('public CAs', () => {
  it('are trusted together with a private one', async () => {
    expect(await connectElsewhere(true)).toBe('connected');
  });

  it('are not trusted for an endpoint with CAs of its own', async () => {
    expect(await connectElsewhere(false)).toBe('TLS_UNTRUSTED');
  });
});
