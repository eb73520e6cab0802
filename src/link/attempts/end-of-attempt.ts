import { z } from 'zod';
import type { Job } from '../../../foundation/src/domain/job.ts';
import { OUTCOME_STATUSES } from '../../../foundation/src/domain/record.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { failureSchema } from '../../../foundation/src/runtime/failure-schema.ts';
import type { AttemptEnd, History } from '../history/history.ts';
import type { Attempt } from './attempt.ts';

export interface EndDeps {
  readonly history: History;
  readonly clock: Clock;
}

const workflowSchema = z.object({ source: z.object({ serviceName: z.string().max(256) }) });

/** The part of an outcome that is remembered. */
const outcomeSchema = z.object({
  status: z.enum(OUTCOME_STATUSES),
  endedAt: z.number().optional(),
  records: z.number().optional(),
  counts: z.record(z.string(), z.number()).default({}),
  error: failureSchema.optional(),
});

export function recordBegin({ ref }: Attempt, job: Job, { history, clock }: EndDeps): void {
  const service = serviceOf(job.workflow);
  history.begin({
    ref,
    kind: job.kind,
    startedAt: clock.now(),
    ...(service === undefined ? {} : { service }),
  });
}

/** The worker checks the document; here it is a name to show. */
function serviceOf(workflow: string): string | undefined {
  try {
    return workflowSchema.parse(JSON.parse(workflow)).source.serviceName;
  } catch {
    return undefined;
  }
}

/**
 * Call once its worker has ended and before its files are deleted: its outcome is the last record
 * there. Never rejects.
 */
export async function recordEnd(attempt: Attempt, { history, clock }: EndDeps): Promise<void> {
  await history.end(attempt.ref, await endOf(attempt, clock.now()));
}

async function endOf(attempt: Attempt, now: number): Promise<AttemptEnd> {
  const outcome = await readOutcome(attempt);
  const error = outcome?.error ?? attempt.dropReason?.toFailure();
  return {
    status: outcome?.status ?? (attempt.dropReason === undefined ? 'interrupted' : 'dropped'),
    endedAt: outcome?.endedAt ?? now,
    records: outcome?.records ?? attempt.outbox.durable().sequence,
    counts: outcome?.counts ?? {},
    ...(error === undefined ? {} : { error }),
  };
}

async function readOutcome({
  outbox,
}: Attempt): Promise<z.infer<typeof outcomeSchema> | undefined> {
  const { sequence, complete } = outbox.durable();
  if (!complete) return undefined;
  try {
    const batch = await outbox.read(sequence, 1);
    return outcomeSchema.parse(JSON.parse(Buffer.from(batch!.lines[0]!).toString()));
  } catch {
    return undefined;
  }
}
