// oxlint-disable-next-line import/no-unassigned-import -- the x509 package asks for this polyfill before it is loaded
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
type CryptoKey = webcrypto.CryptoKey;

const DAY_MS = 86_400_000;

export interface Leaf {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface LeafOptions {
  /** Days from now; negative for the past. */
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** A certificate for clients instead of servers. */
  readonly client?: boolean;
}

/** A throw-away certificate authority for tests. */
export interface Authority {
  readonly caPem: string;
  /** Issues a certificate for host names and IP addresses. */
  issue(names: readonly string[], options?: LeafOptions): Promise<Leaf>;
}

export async function createAuthority(
  name = 'Test CA',
  valid: LeafOptions = { fromDays: -1, untilDays: 30 },
): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(valid),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  });
  return {
    caPem: ca.toString('pem'),
    issue: (names, options = {}) =>
      issue({ issuer: ca.subject, signingKey: keys.privateKey }, names, options),
  };
}

export interface ServerIdentity extends Leaf {
  readonly caPem: string;
}

const identities = new Map<string, Promise<ServerIdentity>>();

/**
 * For a server that stands for these hosts, from an authority of its own. The same one each time:
 * keys and signatures take longer than most tests.
 */
export function serverIdentity(hosts: readonly string[]): Promise<ServerIdentity> {
  const made = identities.get(hosts.join()) ?? issueIdentity(hosts);
  identities.set(hosts.join(), made);
  return made;
}

async function issueIdentity(hosts: readonly string[]): Promise<ServerIdentity> {
  const authority = await createAuthority();
  return { caPem: authority.caPem, ...(await authority.issue(hosts)) };
}

/** A certificate that vouches for itself. */
export function selfSigned(names: readonly string[]): Promise<Leaf> {
  return issue(undefined, names, {});
}

async function issue(
  signer: { issuer: string; signingKey: CryptoKey } | undefined,
  names: readonly string[],
  options: LeafOptions,
): Promise<Leaf> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const subject = `CN=${names[0] ?? 'nobody'}`;
  const usage =
    options.client === true ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: signer?.issuer ?? subject,
    publicKey: keys.publicKey,
    signingKey: signer?.signingKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(options),
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
      ),
    ],
  });
  return { certPem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
}

function validity({ fromDays = -1, untilDays = 30 }: LeafOptions): {
  notBefore: Date;
  notAfter: Date;
} {
  return {
    notBefore: new Date(Date.now() + fromDays * DAY_MS),
    notAfter: new Date(Date.now() + untilDays * DAY_MS),
  };
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

let rsa: Promise<Leaf> | undefined;

/** For services that take RSA keys only; the same one each time. */
export function selfSignedRsa(): Promise<Leaf> {
  return (rsa ??= generateRsa());
}

async function generateRsa(): Promise<Leaf> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=runner',
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
