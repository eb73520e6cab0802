import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls, { type SecureContext } from 'node:tls';
import { RunnerError } from '../runtime/errors.ts';

/**
 * Throws TLS_VERIFICATION_DISABLED if the environment disables certificate verification for the
 * whole process.
 */
export function assertVerificationOn(env: Readonly<NodeJS.ProcessEnv>): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new RunnerError(
      'TLS_VERIFICATION_DISABLED',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is set, which disables certificate verification',
    );
  }
}

export interface TrustOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: readonly string[];
  /** Whether to trust public CAs and those of the operating system as well. */
  readonly publicCas: boolean;
  readonly alpn?: readonly string[];
}

/**
 * Caches parsed certificates by options: parsing several hundred CA certificates takes some 30 ms.
 */
export class TrustStore {
  readonly #contexts = new Map<string, SecureContext>();
  readonly #limit = 8;

  /** Throws INPUT_INVALID for a certificate or key that cannot be parsed. */
  context(options: TrustOptions): SecureContext {
    const key = JSON.stringify([options.cert, options.key, options.ca, options.publicCas]);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    if (this.#contexts.size >= this.#limit) this.#contexts.clear();
    const context = createContext(options);
    this.#contexts.set(key, context);
    return context;
  }
}

function createContext(options: TrustOptions): SecureContext {
  try {
    for (const pem of options.ca) assertCertificates(pem);
    return tls.createSecureContext({
      ca: [...(options.publicCas ? publicCertificates() : []), ...options.ca],
      minVersion: 'TLSv1.2',
      ...(options.cert === undefined ? {} : { cert: options.cert }),
      ...(options.key === undefined ? {} : { key: options.key }),
    });
  } catch (thrown) {
    throw new RunnerError('INPUT_INVALID', 'failed to parse a TLS certificate or key', {
      cause: thrown,
      remedy: 'Provide the certificate in PEM format, with the key that belongs to it.',
    });
  }
}

/**
 * OpenSSL silently skips anything that is not a certificate, and the CA would be missing without an
 * error.
 */
function assertCertificates(pem: string): void {
  const blocks =
    pem.match(
      /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
    ) ?? [];
  const certificates = blocks.map((block) => new X509Certificate(block));
  if (certificates.length === 0)
    throw new RunnerError('INPUT_INVALID', 'the CA bundle contains no certificate');
}

function publicCertificates(): string[] {
  const system = [...tls.getCACertificates('system'), ...bundledCertificates(SYSTEM_BUNDLES)];
  return [
    ...new Set(
      [...tls.rootCertificates, ...system, ...tls.getCACertificates('extra')].map((pem) =>
        pem.trim(),
      ),
    ),
  ];
}

/**
 * Node.js reads the system's certificates from the directory that OpenSSL was built with, one file
 * per certificate. Distributions outside the Debian family keep all of them in one file elsewhere.
 */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The certificates of the first readable file. */
export function bundledCertificates(paths: readonly string[]): string[] {
  for (const path of paths) {
    try {
      return (
        readFileSync(path, 'utf8').match(
          /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
        ) ?? []
      );
    } catch {
      // Not this distribution; try the next path.
    }
  }
  return [];
}
