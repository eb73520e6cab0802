import { createPrivateKey, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownTls, type TlsFiles } from '../src/server/tls.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'own-tls-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (name: string): string => join(directory, name);
const open = (): Promise<TlsFiles> => ownTls(directory, ['plane.test'], Date.now());

describe('the certificate of a control plane that issues its own', () => {
  it('stays when it is opened again', async () => {
    expect(await open()).toEqual(await open());
  });

  it.each([
    ['part of the certificate', () => truncateSync(path('server.pem'), 100)],
    ['an empty certificate', () => truncateSync(path('server.pem'))],
    ['part of the key', () => truncateSync(path('server-key.pem'), 100)],
    ['the key of another', () => copyFileSync(path('ca-key.pem'), path('server-key.pem'))],
  ])('is issued again by the same CA if a crash has left %s', async (_what, damage) => {
    await open();
    const authority = readFileSync(path('ca.pem'));
    damage();
    const { cert, key } = await open();
    expect(readFileSync(path('ca.pem'))).toEqual(authority);
    expect(new X509Certificate(cert).verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect((await open()).cert).toBe(cert);
  });

  it('is not issued by another CA if that is damaged', async () => {
    await open();
    truncateSync(path('ca.pem'), 100);
    rmSync(path('server.pem'));
    await expect(open()).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
