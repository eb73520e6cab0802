import { createPublicKey, verify } from 'node:crypto';

export interface AssertionRules {
  /** The consumer key of the app. */
  readonly issuer: string;
  /** The username that the app may act as. */
  readonly subject: string;
  /** PEM certificates or public keys registered with the app. */
  readonly keys: readonly string[];
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface AssertionProblem {
  readonly error: string;
  readonly description: string;
}

const MAX_LIFETIME_SECONDS = 5 * 60;
const problem = (error: string, description: string): AssertionProblem => ({ error, description });

/** The OAuth error of an invalid RS256 assertion; null for a valid one. */
export function verifyAssertion(assertion: string, rules: AssertionRules): AssertionProblem | null {
  const [head = '', body = '', signature = ''] = assertion.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (!header || !claims || header['alg'] !== 'RS256')
    return problem('invalid_grant', 'invalid assertion');
  if (claims['iss'] !== rules.issuer)
    return problem('invalid_client_id', 'client identifier invalid');
  const signed = Buffer.from(`${head}.${body}`);
  const isGenuine = rules.keys.some((key) =>
    verify('RSA-SHA256', signed, createPublicKey(key), Buffer.from(signature, 'base64url')),
  );
  if (!isGenuine) return problem('invalid_grant', 'invalid assertion');
  return claimProblem(claims, rules);
}

function claimProblem(
  claims: Record<string, unknown>,
  rules: AssertionRules,
): AssertionProblem | null {
  if (!rules.audiences.includes(String(claims['aud']).replace(/\/$/, '')))
    return problem('invalid_grant', 'audience is invalid');
  const seconds = rules.now / 1000;
  const expires = Number(claims['exp']);
  if (!(expires > seconds)) return problem('invalid_grant', 'expired authorization code');
  if (expires > seconds + MAX_LIFETIME_SECONDS)
    return problem('invalid_grant', 'invalid assertion');
  if (claims['sub'] !== rules.subject)
    return problem('invalid_grant', "user hasn't approved this consumer");
  return null;
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
