// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 requires this polyfill before it is loaded
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { ControlPlaneError } from '../runtime/errors.ts';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;

type KeyPair = webcrypto.CryptoKeyPair;

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** The CA certificate for clients. */
  readonly caFile: string;
}

/** Reads the certificate and key of the operator. */
export async function readTls(certFile: string, keyFile: string): Promise<TlsFiles> {
  return {
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    caFile: certFile,
  };
}

/**
 * A certificate for these host names and addresses, issued by a CA that is created in `directory`.
 * The CA is created once, so that clients need to trust it once; the certificate is renewed before
 * it expires, and issued again if a crash has damaged it. Throws CONFLICT for a damaged CA.
 */
export async function ownTls(
  directory: string,
  names: readonly string[],
  now: number,
): Promise<TlsFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(directory, name);
  if (!existsSync(path('ca.pem'))) await createAuthority(path('ca.pem'), path('ca-key.pem'), now);
  if (!(await isFresh(path('server.pem'), path('server-key.pem'), names, now))) {
    const authority = await readAuthority(path('ca.pem'), path('ca-key.pem'));
    await issue(authority, names, path('server.pem'), path('server-key.pem'), now);
  }
  return {
    cert: await readFile(path('server.pem'), 'utf8'),
    key: await readFile(path('server-key.pem'), 'utf8'),
    caFile: path('ca.pem'),
  };
}

async function createAuthority(certFile: string, keyFile: string, now: number): Promise<void> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Hybrid runner control plane CA',
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(now, CA_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await save(keys, certificate, certFile, keyFile);
}

/** Not replaced when damaged: every runner would have to trust another one. */
async function readAuthority(certFile: string, keyFile: string): Promise<Authority> {
  try {
    const certificate = new x509.X509Certificate(await readFile(certFile, 'utf8'));
    return { certificate, key: await readKey(keyFile) };
  } catch (thrown) {
    throw new ControlPlaneError('CONFLICT', `${certFile} or ${keyFile} is damaged`, {
      cause: thrown,
      remedy:
        'Restore both files from a backup. If there is none, remove them, and give the new CA certificate to every runner.',
    });
  }
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

async function issue(
  authority: Authority,
  names: readonly string[],
  certFile: string,
  keyFile: string,
  now: number,
): Promise<void> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${names[0] ?? 'localhost'}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    ...validity(now, LEAF_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  await save(keys, certificate, certFile, keyFile);
}

async function isFresh(
  certFile: string,
  keyFile: string,
  names: readonly string[],
  now: number,
): Promise<boolean> {
  if (!(await isPair(certFile, keyFile))) return false;
  const certificate = new x509.X509Certificate(await readFile(certFile, 'utf8'));
  const alternatives =
    certificate
      .getExtension(x509.SubjectAlternativeNameExtension)
      ?.names.items.map(({ value }) => value) ?? [];
  return (
    certificate.notAfter.getTime() - now > RENEW_BEFORE_DAYS * DAY_MS &&
    names.every((name) => alternatives.includes(name))
  );
}

/** Whether both are there, whole, and belong together. */
async function isPair(certFile: string, keyFile: string): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(certFile));
    return certificate.checkPrivateKey(createPrivateKey(await readFile(keyFile)));
  } catch {
    return false;
  }
}

function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + days * DAY_MS) };
}

function serialNumber(): string {
  return Buffer.from(
    webcrypto
      .getRandomValues(new Uint8Array(16))
      .map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte)),
  ).toString('hex');
}

function generateKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function save(
  keys: KeyPair,
  certificate: x509.X509Certificate,
  certFile: string,
  keyFile: string,
): Promise<void> {
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  await writeWhole(keyFile, `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`, 0o600);
  await writeWhole(certFile, `${certificate.toString('pem')}\n`, 0o644);
}

/** A crash leaves the old content or the new. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode, flush: true });
  await rename(`${file}.new`, file);
}

function readKey(file: string): Promise<webcrypto.CryptoKey> {
  return readFile(file, 'utf8').then((pem) =>
    webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, [
      'sign',
    ]),
  );
}
