import { X509Certificate } from 'node:crypto';
import tls, { type DetailedPeerCertificate } from 'node:tls';

/** One certificate of a chain that a server sent. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly x509: X509Certificate;
}

const MAX_CHAIN = 10;

/** From the server's own certificate to the last one that is known. */
export function chainOf(leaf: DetailedPeerCertificate): readonly Certificate[] {
  const chain: Certificate[] = [];
  const seen = new Set<string>();
  for (
    let next: DetailedPeerCertificate | undefined = leaf;
    next?.raw !== undefined && !seen.has(next.fingerprint256) && chain.length < MAX_CHAIN;
    next = next.issuerCertificate
  ) {
    seen.add(next.fingerprint256);
    chain.push(toCertificate(new X509Certificate(next.raw)));
  }
  return chain;
}

/** Whether a CA that browsers trust has issued the chain. Others are a company's own. */
export function isPublic(chain: readonly Certificate[]): boolean {
  const last = chain.at(-1)?.x509;
  if (last === undefined) return false;
  return publicRoots().some(
    (root) =>
      root.fingerprint256 === last.fingerprint256 ||
      (last.checkIssued(root) && last.verify(root.publicKey)),
  );
}

let parsedRoots: readonly X509Certificate[] | undefined;

function publicRoots(): readonly X509Certificate[] {
  parsedRoots ??= tls.rootCertificates.map((pem) => new X509Certificate(pem));
  return parsedRoots;
}

export function formatCertificate({ subject, issuer, notAfter }: Certificate): string {
  return `${subject}, issued by ${issuer}, valid until ${dayOf(notAfter)}`;
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function toCertificate(x509: X509Certificate): Certificate {
  return {
    subject: nameIn(x509.subject) ?? x509.subjectAltName ?? 'a certificate without a name',
    issuer: nameIn(x509.issuer) ?? 'an issuer without a name',
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
    x509,
  };
}

/** The common name of a distinguished name, else the organization. */
function nameIn(distinguishedName: string | undefined): string | undefined {
  const parts = new Map(
    (distinguishedName ?? '').split('\n').map((line) => {
      const [key = '', ...value] = line.split('=');
      return [key, value.join('=')];
    }),
  );
  return parts.get('CN') ?? parts.get('O');
}
