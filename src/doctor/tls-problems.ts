import { formatEndpoint } from '../../foundation/src/network/endpoint.ts';
import { dayOf, type Certificate } from './certificates.ts';
import { fail, type Finding } from './finding.ts';
import type { Target } from './inspect.ts';

/** A server whose certificate is not trusted. */
export interface SeenServer {
  readonly target: Target;
  readonly chain: readonly Certificate[];
  readonly isPublic: boolean;
  readonly now: number;
}

interface Explanation {
  readonly detail: string;
  readonly remedy: string;
}

/** What the names that OpenSSL and Node.js give a problem mean for this server. */
export function explainProblem(problem: string, server: SeenServer): Finding {
  const { detail, remedy } = (EXPLANATIONS[problem] ?? other(problem))(server);
  const finding = fail(formatEndpoint(server.target.endpoint), detail, remedy);
  return { ...finding, code: 'TLS_UNTRUSTED' };
}

type Explain = (server: SeenServer) => Explanation;

const expired: Explain = ({ chain, now }) => {
  const found = chain.find(({ notAfter }) => notAfter < now) ?? chain[0];
  return {
    detail: `the certificate of ${found?.subject ?? 'the server'} expired on ${found === undefined ? 'an unknown day' : dayOf(found.notAfter)}`,
    remedy: 'Have the operator of the server renew it. Check the clock of this machine as well.',
  };
};

const notYetValid: Explain = ({ chain, now }) => {
  const found = chain.find(({ notBefore }) => notBefore > now) ?? chain[0];
  return {
    detail: `the certificate of ${found?.subject ?? 'the server'} is not valid before ${found === undefined ? 'a later day' : dayOf(found.notBefore)}`,
    remedy: 'Check the clock of this machine.',
  };
};

const otherName: Explain = ({ chain, target }) => {
  const names = chain[0]?.x509.subjectAltName ?? chain[0]?.subject ?? 'another name';
  return {
    detail: `the certificate is for ${names}, not for ${target.endpoint.host}`,
    remedy: 'Check the host name, network.connectTo, and proxies that intercept TLS.',
  };
};

const unknownIssuer: Explain = ({ chain, target, isPublic }) => {
  const issuer = chain.at(-1)?.issuer ?? 'an unknown CA';
  const { caSetting: setting } = target;
  if (isPublic)
    return {
      detail: `issued by the public CA ${issuer}, but ${setting} trusts only its own`,
      remedy: `Remove ${setting}, or put the CA of this server in that file.`,
    };
  return {
    detail: `issued by ${issuer}, a CA that is not trusted; a proxy that intercepts TLS looks like this`,
    remedy: `If ${issuer} is the CA of your company, set ${setting} to its PEM file, or exempt this host from TLS inspection.`,
  };
};

const other =
  (problem: string): Explain =>
  () => ({
    detail: `the certificate is not trusted: ${problem}`,
    remedy: 'Have the operator of the server correct its certificate.',
  });

const EXPLANATIONS: Readonly<Partial<Record<string, Explain>>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: notYetValid,
  ERR_TLS_CERT_ALTNAME_INVALID: otherName,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
};
