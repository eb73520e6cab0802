import { verify } from 'node:crypto';
import type { Job } from '../../../foundation/src/domain/job.ts';
import { isJson } from '../../../foundation/src/domain/json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { parseCompactJws } from './compact-jws.ts';
import { firstDifference } from './differences.ts';
import { parsePublicKey } from './key-id.ts';
import { signedContent } from './signed-content.ts';
import type { SigningKey, SigningRules } from './signing-rules.ts';
import { parseStatement, type SignedStatement } from './statement.ts';

// Invariants:
// 1. Nothing of a payload is read before its signature holds under a key of the policy.
// 2. Every leaf of the offered document but the run's id is in the signed one, and the reverse.
// 3. What is not understood is rejected. A message holds places, never values.

export interface Verifier {
  readonly rules: SigningRules;
  /** Of the identity's key; undefined before the enrollment. */
  readonly fingerprint: string | undefined;
  /** In milliseconds of Unix time. */
  readonly now: number;
}

/** Who signed a job, and under which name. */
export interface JobSignature {
  readonly key: string;
  readonly keyId: string;
  readonly name: string;
  /** When the signature or its key ends, in milliseconds of Unix time. */
  readonly endsAt: number;
}

export type SignedJob = Pick<Job, 'kind' | 'signature'> & {
  /** The workflow document as received. */
  readonly document: unknown;
};

/** Verifies the signature of a job. Throws a code of its own for each kind of rejection. */
export function verifyJob(job: SignedJob, verifier: Verifier): JobSignature {
  const { signature } = job;
  if (signature === undefined || signature === '')
    throw new RunnerError('JOB_UNSIGNED', 'the job is not signed');
  const { key, statement } = openSignature(signature, verifier.rules);
  assertKeyCovers(key, statement, verifier);
  assertAddressed(statement, key, verifier);
  assertInTime(statement, verifier.now);
  assertSameContent(statement, job);
  const endsAt = Math.min(statement.exp * 1_000, key.notAfter ?? Number.POSITIVE_INFINITY);
  return { key: key.name, keyId: key.id, name: statement.name, endsAt };
}

/** Throws the errors of a signature that does not hold. */
export function openSignature(
  signature: string,
  { keys }: Pick<SigningRules, 'keys'>,
): { readonly key: SigningKey; readonly statement: SignedStatement } {
  const jws = parseCompactJws(signature);
  const key = keys.find(({ id }) => id === jws.keyId);
  if (key === undefined)
    throw new RunnerError(
      'JOB_KEY_UNKNOWN',
      'the job is signed with a key that is not in jobs.keys',
    );
  if (!verify(null, jws.input, parsePublicKey(key.publicKey)!, jws.signature))
    throw new RunnerError('JOB_SIGNATURE_WRONG', 'the signature of the job does not hold');
  return { key, statement: parseStatement(jws.payload) };
}

/** The key's own limits: time, services, pools. */
function assertKeyCovers(
  key: SigningKey,
  { workflow }: SignedStatement,
  { now, rules }: Verifier,
): void {
  const { notBefore = now, notAfter = Number.POSITIVE_INFINITY, services, pools } = key;
  if (now < notBefore || now >= notAfter) throw notPermitted('at this time');
  if (services?.some((pattern) => matches(pattern, serviceOf(workflow))) === false)
    throw notPermitted('for this service');
  if (pools?.some((pool) => rules.pools.includes(pool)) === false)
    throw notPermitted('for the pools of this machine');
}

/** The audiences of this machine. None of them is chosen by the control plane. */
export function audiencesOf({ rules, fingerprint }: Omit<Verifier, 'now'>): readonly string[] {
  const own = fingerprint === undefined ? [] : [`runner:${fingerprint}`];
  return [...own, ...rules.pools.map((pool) => `pool:${pool}`)];
}

function assertAddressed(
  { aud }: SignedStatement,
  { pools }: SigningKey,
  { rules, fingerprint }: Verifier,
): void {
  const permitted = rules.pools.filter((pool) => pools?.includes(pool) ?? true);
  const own = audiencesOf({ rules: { ...rules, pools: permitted }, fingerprint });
  if (aud.some((each) => own.includes(each))) return;
  throw new RunnerError('JOB_AUDIENCE_OTHER', 'the job is signed for other runners or pools');
}

function assertInTime({ nbf, exp }: SignedStatement, now: number): void {
  if (now < nbf * 1_000)
    throw new RunnerError('JOB_SIGNATURE_EARLY', 'the signature of the job is not valid yet');
  if (now >= exp * 1_000)
    throw new RunnerError('JOB_SIGNATURE_EXPIRED', 'the signature of the job has expired');
}

function assertSameContent(statement: SignedStatement, { kind, document }: SignedJob): void {
  if (statement.kind !== kind) throw differs('kind');
  const place = firstDifference(statement.workflow, contentOf(document));
  if (place !== undefined) throw differs(place === '' ? 'the document' : place);
}

function contentOf(document: unknown): unknown {
  return isJson(document) ? signedContent(document) : document;
}

function serviceOf(workflow: SignedStatement['workflow']): unknown {
  const { source } = workflow;
  return typeof source === 'object' && source !== null && 'serviceName' in source
    ? source.serviceName
    : undefined;
}

function matches(pattern: string, name: unknown): boolean {
  if (typeof name !== 'string') return false;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function notPermitted(what: string): RunnerError {
  return new RunnerError(
    'JOB_KEY_NOT_PERMITTED',
    `the key of the signature is not permitted ${what}`,
  );
}

function differs(place: string): RunnerError {
  return new RunnerError(
    'JOB_CONTENT_DIFFERS',
    `the job differs from what was signed, at ${place}`,
  );
}
