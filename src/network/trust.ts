import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls, { type SecureContext } from 'node:tls';
import { RunnerError } from '../runtime/errors.ts';

/** Throws TLS_VERIFICATION_DISABLED when the environment turns certificate checks off for the whole process. */
export function assertVerificationOn(env: Readonly<NodeJS.ProcessEnv>): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new RunnerError(
      'TLS_VERIFICATION_DISABLED',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is set; this program does not run without certificate checks',
    );
  }
}

export interface TrustOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: readonly string[];
  /** Trusts the public CAs and the operating system's as well. */
  readonly publicCas: boolean;
  readonly alpn?: readonly string[];
}

/** Parsing several hundred CA certificates takes some 30 ms, so each distinct set of options is parsed once. */
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
    throw new RunnerError('INPUT_INVALID', 'a certificate or key for TLS could not be read', {
      cause: thrown,
      remedy: 'Give PEM text, and the key that belongs to the certificate.',
    });
  }
}

/** OpenSSL passes over what is no certificate, and the authority that someone meant to trust would be missing in silence. */
function assertCertificates(pem: string): void {
  const blocks =
    pem.match(
      /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
    ) ?? [];
  const certificates = blocks.map((block) => new X509Certificate(block));
  if (certificates.length === 0)
    throw new RunnerError('INPUT_INVALID', 'an authority’s text holds no certificate');
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
 * Node looks for the system's certificates where OpenSSL was built to look, one file a certificate. Distributions other than
 * Debian's family keep all of them in one file elsewhere.
 */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Certificates of the first of the files that can be read. */
export function bundledCertificates(paths: readonly string[]): string[] {
  for (const path of paths) {
    try {
      return (
        readFileSync(path, 'utf8').match(
          /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
        ) ?? []
      );
    } catch {
      // The next distribution's place.
    }
  }
  return [];
}
