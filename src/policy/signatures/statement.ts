import { z } from 'zod';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { malformed } from './compact-jws.ts';

const seconds = z.int().min(0).max(253_402_300_799);

/** What a signature states. The registered names of JWT (RFC 7519) have their meaning there. */
const statementSchema = z.strictObject({
  /** Runners and pools that may run the job. */
  aud: z
    .array(z.string().regex(/^(?:runner|pool):[A-Za-z0-9][\w.-]{0,127}$/))
    .min(1)
    .max(50),
  nbf: seconds,
  exp: seconds,
  kind: z.string().min(1).max(60),
  /** To display. */
  name: z.string().min(1).max(200),
  /** The workflow document without what differs from run to run. */
  workflow: z.record(z.string(), z.unknown()),
});

export type SignedStatement = z.infer<typeof statementSchema>;

/**
 * The statement that was signed. Call it only with bytes whose signature holds. Throws
 * JOB_SIGNATURE_FIELD for a field that this version does not know: it could be a restriction.
 */
export function parseStatement(payload: Buffer): SignedStatement {
  const text = payload.toString('utf8');
  const value = parseJson(text);
  const result = statementSchema.safeParse(value);
  if (result.success && canonicalJson(value) === text) return result.data;
  if (result.error?.issues.some(({ code }) => code === 'unrecognized_keys') === true)
    throw new RunnerError(
      'JOB_SIGNATURE_FIELD',
      'the signature of the job has a field that this version does not know',
    );
  throw malformed('what was signed is not the canonical text of a job');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('what was signed is not JSON');
  }
}
