// The certificate library needs this polyfill in place before it loads.
// oxlint-disable-next-line import/no-unassigned-import -- it has nothing to assign
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { SandboxError } from './errors.ts';

export interface Identity {
  readonly caPem: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
}

const NAMES = [
  '*.my.salesforce.com',
  '*.sandbox.my.salesforce.com',
  'login.salesforce.com',
  'test.salesforce.com',
  '*.lightning.force.com',
  'localhost',
];
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 86_400_000;

/** The CA and the server certificate in this folder; created if missing or about to expire. */
export async function loadIdentity(folder: string, now: number): Promise<Identity> {
  await mkdir(folder, { recursive: true });
  const caFile = join(folder, 'ca.pem');
  const certFile = join(folder, 'server.pem');
  const keyFile = join(folder, 'server.key');
  const kept = await readKept([caFile, certFile, keyFile], now);
  const [caPem, cert, key] = kept ?? (await issue(now));
  if (!kept) {
    await Promise.all([
      writeFile(caFile, caPem),
      writeFile(certFile, cert),
      writeFile(keyFile, key, { mode: 0o600 }),
    ]);
    await chmod(keyFile, 0o600);
  }
  return { caPem, caFile, cert, key };
}

async function readKept(
  files: readonly string[],
  now: number,
): Promise<[string, string, string] | null> {
  try {
    const [ca = '', cert = '', key = ''] = await Promise.all(
      files.map((file) => readFile(file, 'utf8')),
    );
    const ends = new X509Certificate(cert).notAfter.getTime();
    return ends > now + DAY ? [ca, cert, key] : null;
  } catch {
    return null;
  }
}

async function issue(now: number): Promise<[string, string, string]> {
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const period = { notBefore: new Date(now - DAY), notAfter: new Date(now + 200 * DAY) };
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...period,
    name: 'CN=Sandbox Org CA',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    serialNumber: '01',
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const server = await X509CertificateGenerator.create({
    ...period,
    subject: 'CN=*.my.salesforce.com',
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    serialNumber: '02',
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new SubjectAlternativeNameExtension(NAMES.map((value) => ({ type: 'dns', value }))),
    ],
  });
  const privateKey = PemConverter.encode(
    await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  );
  return [authority.toString('pem'), server.toString('pem'), privateKey];
}

/** Completes the TLS handshake for names on the certificate and rejects others. */
export function serverNames(
  identity: Identity,
  clientCas: readonly string[] = [],
): (name: string, done: (error: Error | null, context?: SecureContext) => void) => void {
  const context = createSecureContext({
    cert: identity.cert,
    key: identity.key,
    ...(clientCas.length === 0 ? {} : { ca: [...clientCas] }),
  });
  return (name, done) =>
    isServed(name) ? done(null, context) : done(new SandboxError(`unrecognized name ${name}`));
}

/** Whether the certificate covers this host name (a wildcard matches one label). */
export function isServed(host: string): boolean {
  return NAMES.some((name) =>
    name.startsWith('*') ? host.replace(/^[^.]+/, '*') === name : host === name,
  );
}
