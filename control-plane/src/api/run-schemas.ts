import { z } from '@hono/zod-openapi';
import { JOB_KINDS } from '../runs/job-kinds.ts';
import { RUN_STATES } from '../runs/run.ts';
import { WAIT_CODES } from '../runs/wait.ts';
import { RELAY_RESULTS, RELAY_STATES } from '../store/relay.ts';
import { Time } from './schemas.ts';

const JsonObject = z.record(z.string(), z.unknown());

const Step = z.object({
  name: z.string(),
  description: z.string(),
  passed: z.boolean(),
  mandatory: z.boolean(),
  message: z.string().nullable(),
  errorLog: z.string().nullable(),
  remedy: z.string().nullable(),
});

export const RunViewSchema = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS),
    service: z.string(),
    pipeline: z.string().nullable(),
    runner: z.string().nullable(),
    runnerName: z.string().nullable(),
    state: z.enum(RUN_STATES),
    attempt: z.number().int(),
    maxAttempts: z
      .number()
      .int()
      .openapi({ description: 'Number of attempts before the run fails' }),
    epoch: z.number().int(),
    cancelRequested: z.boolean(),
    queuedAt: Time,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    waiting: z
      .object({
        code: z.enum(WAIT_CODES),
        message: z.string(),
        remedy: z.string(),
        retryAt: Time.nullable().openapi({ description: 'When the next attempt may begin' }),
        since: Time.nullable().openapi({
          description: 'Start of the time without a suitable runner',
        }),
        endsAt: Time.nullable().openapi({
          description: 'When the run expires without a suitable runner',
        }),
      })
      .nullable()
      .openapi({ description: 'Why a queued run waits' }),
    lastFailure: z
      .object({ code: z.string(), message: z.string(), remedy: z.string() })
      .nullable()
      .openapi({ description: 'Why the previous attempt was abandoned' }),
    progress: z
      .object({ phase: z.string(), done: z.number(), total: z.number(), apiCalls: z.number() })
      .nullable(),
    counts: z.record(z.string(), z.number()),
    entities: z.number().int().openapi({ description: 'Distinct entities of the final attempt' }),
    records: z
      .number()
      .int()
      .openapi({ description: 'Records of the final attempt, including log and outcome' }),
    wireBytes: z
      .number()
      .int()
      .openapi({ description: 'Payload bytes of the final attempt as received' }),
    channel: z.string().nullable(),
    testConnection: z
      .object({ status: z.enum(['Running', 'Successful', 'Failed']), steps: z.array(Step) })
      .nullable(),
    steps: z.array(JsonObject).openapi({ description: 'OpenMetadata’s stepSummary' }),
    failures: z.array(JsonObject),
    error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
    integrity: z.string().nullable().openapi({
      description: '"ok", or the problem with the stored records; null before the end',
    }),
    relay: z
      .object({
        endpoint: z.string(),
        pipelineFqn: z.string(),
        pipelineRunId: z.string(),
        state: z.enum(RELAY_STATES),
        result: z.enum(RELAY_RESULTS).nullable(),
        counts: z.record(z.string(), z.number()),
        error: z
          .object({ code: z.string(), message: z.string(), remedy: z.string() })
          .nullable()
          .openapi({ description: 'What keeps the results from arriving, or why they did not' }),
        troubleSince: Time.nullable().openapi({ description: 'Since when it is retried' }),
      })
      .nullable()
      .openapi({
        description:
          'The way of the results to the OpenMetadata server that the pipeline came from; null for a pipeline that is managed here',
      }),
    pool: z.string().nullable().openapi({ description: 'Pool whose runners may take it' }),
    slot: z.object({ at: Time, retry: z.number().int() }).nullable().openapi({
      description: 'The slot of the schedule; null for a run that was started by hand',
    }),
    deadlineMs: z.number().int(),
    fullRun: z.boolean().openapi({ description: 'Whether it was started as a full run' }),
    recordsKept: z
      .boolean()
      .openapi({ description: 'False once its records were deleted in favor of newer runs' }),
  })
  .openapi('Run');

export const LogLine = z
  .object({
    cursor: z.number().int(),
    attempt: z.number().int(),
    sequence: z.number().int(),
    time: z.number().nullable(),
    level: z.string(),
    message: z.string(),
    data: JsonObject.nullable(),
  })
  .openapi('LogLine');
