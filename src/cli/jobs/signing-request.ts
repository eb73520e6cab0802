import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { durationMs } from '../../config/values/units.ts';
import type { Flags } from '../invocation.ts';

/** A signer's clock may be ahead of a runner's by so much. */
const CLOCK_MS = 5 * 60_000;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const MAX_VALIDITY_MS = 400 * 86_400_000;

/** Who may run a signed job, as in its statement. Throws USAGE. */
export function audienceOf(flags: Flags): readonly string[] {
  const audience = ['runner', 'pool'].flatMap((kind) =>
    listOf(flags.get(kind)).map((name) => `${kind}:${name}`),
  );
  if (listOf(flags.get('runner')).some((name) => !FINGERPRINT.test(name)))
    throw new RunnerError('USAGE', '--runner must be the fingerprint of a runner', {
      remedy: 'Run `hybrid-runner status` or `hybrid-runner doctor` on its machine to see it.',
    });
  if (audience.length > 0) return audience;
  throw new RunnerError('USAGE', '--pool or --runner is missing', {
    remedy: 'Name who may run the job with --pool or --runner.',
  });
}

/** In seconds of Unix time. Throws USAGE. */
export function validityOf(
  flags: Flags,
  now: number,
): { readonly nbf: number; readonly exp: number } {
  const validFrom = flags.get('valid-from');
  const from = validFrom === undefined ? now - CLOCK_MS : parseTime(validFrom);
  const length = durationMs(String(flags.get('valid-for')));
  if (length === undefined || length < 60_000 || length > MAX_VALIDITY_MS)
    throw new RunnerError('USAGE', '--valid-for must be a duration from 1m to 400d, such as 90d');
  const start = validFrom === undefined ? now : from;
  return { nbf: Math.floor(from / 1_000), exp: Math.ceil((start + length) / 1_000) };
}

function parseTime(text: string | true): number {
  const result = z.iso.datetime({ offset: true }).safeParse(text);
  if (result.success) return Date.parse(result.data);
  throw new RunnerError('USAGE', '--valid-from must be a time such as 2027-01-01T00:00:00Z');
}

function listOf(text: string | true | undefined): string[] {
  if (typeof text !== 'string') return [];
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
