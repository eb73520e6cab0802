import { createPublicKey, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EnrollmentServer } from '../../../test/support/enrollment-server.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { enrollRunner, type EnrollOptions } from './enroll.ts';
import { keyPaths } from './key-files.ts';
import { loadIdentity } from './identity.ts';

const rejection = {
  status: 403,
  body: JSON.stringify({ error: { code: 'ENROLLMENT_REFUSED', message: 'used' } }),
};

let server: EnrollmentServer;
let directory: string;

beforeAll(async () => {
  server = await EnrollmentServer.open();
});
afterAll(() => server.close());

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'enroll-'));
  server.reset();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const options = (changes: Partial<EnrollOptions> = {}, extraCa?: string[]): EnrollOptions =>
  server.options(directory, changes, extraCa);

describe('enrollment', () => {
  it('trades the token for an identity that can be loaded and signs', async () => {
    await enrollRunner(options());
    const identity = await loadIdentity(directory);
    expect(identity).toMatchObject({
      runnerId: 'rnr_1',
      name: 'warehouse',
      controlPlaneUrl: 'wss://plane.test:443',
    });
    const sent = JSON.parse(server.requests[0]!.body) as Record<string, string>;
    expect(server.requests[0]!.path).toBe('POST /runner/v1/enroll');
    expect(sent).toEqual({
      token: 'hre_token',
      publicKey: identity.publicKey,
      name: 'warehouse',
      version: '1.2.3',
      platform: 'test',
    });
    const key = createPublicKey({
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        x: Buffer.from(sent['publicKey']!, 'base64').toString('base64url'),
      },
      format: 'jwk',
    });
    expect(verify(null, Buffer.from('hello'), key, identity.sign(Buffer.from('hello')))).toBe(true);
  });

  it('keeps the private key local with mode 0600 and stores the token nowhere', async () => {
    await enrollRunner(options());
    const secret = readFileSync(keyPaths(directory).key, 'utf8').split('\n')[1]!;
    expect(server.requests[0]!.body).not.toContain(secret.slice(-43));
    expect(statSync(keyPaths(directory).key).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'settings.json')).mode & 0o777).toBe(0o600);
    for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      const full = join(directory, path);
      if (statSync(full).isFile()) expect(readFileSync(full, 'utf8')).not.toContain('hre_token');
    }
  });

  it('sends nothing and keeps the identity when it cannot be recorded', async () => {
    const { publicKey } = await enrollRunner(options());
    const record = (): Promise<void> => Promise.reject(new RunnerError('AUDIT_UNWRITABLE', 'full'));
    await expect(enrollRunner(options({ replace: true, record }))).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
    });
    expect(server.requests).toHaveLength(1);
    expect((await loadIdentity(directory)).publicKey).toBe(publicKey);
  });

  it('sends nothing and keeps the identity when already enrolled', async () => {
    await enrollRunner(options());
    const before = readFileSync(keyPaths(directory).key, 'utf8');
    await expect(enrollRunner(options())).rejects.toMatchObject({ code: 'ALREADY_ENROLLED' });
    expect(server.requests).toHaveLength(1);
    expect(readFileSync(keyPaths(directory).key, 'utf8')).toBe(before);
  });

  it('replaces an identity with one of another fingerprint, whatever id is assigned', async () => {
    const first = await enrollRunner(options());
    const second = await enrollRunner(options({ replace: true }));
    const { publicKey, fingerprint, runnerId } = await loadIdentity(directory);
    expect([runnerId, publicKey, fingerprint.length]).toEqual(['rnr_1', second.publicKey, 64]);
    expect([first.publicKey, first.fingerprint]).not.toContain(second.publicKey);
    expect(first.fingerprint).not.toBe(fingerprint);
  });

  it.each([
    ['a used token', rejection, 'ENROLLMENT_REFUSED'],
    ['a page of a proxy', { status: 403, type: 'text/html', body: '<html>' }, 'PROXY_REFUSED'],
    ['an overloaded control plane', { status: 503, body: '' }, 'CONTROL_PLANE_BUSY'],
    [
      'a response without a valid identity',
      { status: 201, body: '{"runnerId":"../x","name":"n"}' },
      'PROTOCOL_VIOLATION',
    ],
    ['text with the token', { status: 201, body: 'hunter2' }, 'PROTOCOL_VIOLATION'],
  ])('leaves nothing behind after %s', async (_case, refused, code) => {
    server.response = refused;
    const error: unknown = await enrollRunner(options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    expect(readdirSync(join(directory, 'identity'))).toEqual([]);
    await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
  });

  it('keeps the previous identity when a replacement is rejected', async () => {
    const first = await enrollRunner(options());
    server.response = rejection;
    await expect(enrollRunner(options({ replace: true }))).rejects.toMatchObject({
      code: 'ENROLLMENT_REFUSED',
    });
    expect((await loadIdentity(directory)).publicKey).toBe(first.publicKey);
  });

  it('sends no token to a server whose certificate is not trusted', async () => {
    await expect(enrollRunner(options({}, []))).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    expect(server.requests).toEqual([]);
  });

  it('rejects a URL that is not wss://host:port', async () => {
    await expect(enrollRunner(options({ url: 'https://plane.test' }))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    expect(existsSync(join(directory, 'identity'))).toBe(false);
  });
});

describe('loading an identity', () => {
  it.each([
    ['identity/key.pem', 0o640],
    ['settings.json', 0o666],
  ])('rejects %s, which others can use', async (file, mode) => {
    await enrollRunner(options());
    chmodSync(join(directory, file), mode);
    await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });

  it('rejects a key that is a symbolic link', async () => {
    await enrollRunner(options());
    renameSync(keyPaths(directory).key, join(directory, 'elsewhere'));
    symlinkSync(join(directory, 'elsewhere'), keyPaths(directory).key);
    await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('rejects a key and settings of different enrollments', async () => {
    await enrollRunner(options());
    const key = readFileSync(keyPaths(directory).key);
    await enrollRunner(options({ replace: true }));
    writeFileSync(keyPaths(directory).key, key, { mode: 0o600 });
    await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
  });

  it.each([
    ['a key file without a key', 'x'],
    ['an empty key file', ''],
  ])('rejects %s', async (_case, content) => {
    await enrollRunner(options());
    writeFileSync(keyPaths(directory).key, content, { mode: 0o600 });
    await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('rejects damaged settings, which a new enrollment can replace', async () => {
    await enrollRunner(options());
    for (const content of ['{"version":1}', '{not json']) {
      writeFileSync(join(directory, 'settings.json'), content, { mode: 0o600 });
      await expect(loadIdentity(directory)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    }
    await enrollRunner(options({ replace: true }));
    expect((await loadIdentity(directory)).name).toBe('warehouse');
  });
});
