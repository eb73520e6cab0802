import { z } from 'zod';
import { JOB_KINDS } from '../../foundation/src/domain/job.ts';
import { printable } from '../../foundation/src/runtime/printable.ts';
import type { SigningKey, SigningRules } from '../policy/signatures/signing-rules.ts';
import { fail, pass, warn, type Finding } from './finding.ts';

const DAY_MS = 86_400_000;
/** How long before its end a key or a signature is worth a warning. */
const SOON_MS = 30 * DAY_MS;
/** A job that has not run for so long may be gone. */
export const SEEN_MS = 31 * DAY_MS;

const seenSchema = z.object({
  event: z.literal('jobSignature'),
  decision: z.literal('allow'),
  kind: z.enum(JOB_KINDS),
  keyId: z.string(),
  name: z.string(),
  until: z.iso.datetime(),
});
type Seen = z.infer<typeof seenSchema>;

/**
 * The keys that may sign jobs, and the signatures that this runner has accepted, as `events` of its
 * audit trail have them: which of them end soon.
 */
export function signingFindings(
  { mode, keys }: SigningRules,
  events: readonly unknown[],
  now: number,
): readonly Finding[] {
  if (mode === 'off' && keys.length === 0) return [];
  const valid = keys.filter(({ notAfter = Infinity }) => notAfter > now);
  const subject = 'jobs.signatures';
  const detail = `${mode}; valid keys: ${valid.length} of ${keys.length}`;
  return [
    mode === 'required' && valid.length === 0
      ? fail(subject, `${detail}: every job is rejected`, 'Add a key, and sign the jobs again.')
      : pass(subject, detail),
    ...keys.flatMap((key) => aboutKey(key, now)),
    ...newest(events, valid).flatMap((seen) => aboutSignature(seen, now)),
  ];
}

function aboutKey({ name, notAfter }: SigningKey, now: number): Finding[] {
  if (notAfter === undefined || notAfter - now > SOON_MS) return [];
  const remedy = 'Add a new key to jobs.keys, sign the jobs again with it, then remove this one.';
  return [warn(`key ${name}`, `${end(notAfter, now)}, and all its signatures with it`, remedy)];
}

function aboutSignature({ name, kind, until }: Seen, now: number): Finding[] {
  const endsAt = Date.parse(until);
  if (endsAt - now > SOON_MS) return [];
  const remedy = 'Sign the job again with `hybrid-runner jobs sign`, and store the signature.';
  return [warn(`signature "${printable(name, 100)}"`, `for ${kind} ${end(endsAt, now)}`, remedy)];
}

/** Of each job the signature that ends last, if its key is still there. */
function newest(events: readonly unknown[], keys: readonly SigningKey[]): readonly Seen[] {
  const found = new Map<string, Seen>();
  for (const event of events) {
    const seen = seenSchema.safeParse(event).data;
    if (seen === undefined || !keys.some(({ id }) => id === seen.keyId)) continue;
    const job = `${seen.kind} ${seen.name}`;
    const known = found.get(job);
    if (known === undefined || known.until < seen.until) found.set(job, seen);
  }
  return [...found.values()];
}

function end(at: number, now: number): string {
  return `${at > now ? 'ends' : 'ended'} on ${new Date(at).toISOString().slice(0, 10)}`;
}
