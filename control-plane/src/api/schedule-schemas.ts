import { z } from '@hono/zod-openapi';
import { Time } from './schemas.ts';

const MAX_RETRY_DELAY_MS = 7 * 86_400_000;
/** A date that every program can show. */
const Moment = z.number().int().min(0).max(Date.UTC(9999, 0));

const Expression = z.string().max(200).nullable().openapi({
  description:
    'Five cron fields (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @quarterly, @yearly, @once; null for manual runs',
  example: '30 2 * * *',
});

export const ScheduleRequest = z
  .strictObject({
    expression: Expression.default(null),
    timezone: z
      .string()
      .max(100)
      .default('UTC')
      .openapi({ description: 'IANA name of the time zone of the expression' }),
    startAt: Moment.nullable().default(null).openapi({ description: 'No run before (Unix ms)' }),
    endAt: Moment.nullable().default(null).openapi({ description: 'No run after (Unix ms)' }),
    paused: z.boolean().default(false),
    retries: z.number().int().min(0).max(100).default(0).openapi({
      description: 'How often a failed run of a slot is repeated as a new run',
    }),
    retryDelayMs: z.number().int().min(0).max(MAX_RETRY_DELAY_MS).default(300_000).openapi({
      description: 'Time between the end of a failed run and its repetition',
    }),
  })
  .openapi('ScheduleRequest');

export const ScheduleView = z
  .object({
    pipeline: z.string(),
    expression: Expression,
    timezone: z.string(),
    startAt: Time.nullable(),
    endAt: Time.nullable(),
    paused: z.boolean(),
    retries: z.number().int(),
    retryDelayMs: z.number().int(),
    due: Time.nullable().openapi({
      description:
        'A slot that has come due and starts as soon as no run of the pipeline is active',
    }),
    next: z.array(Time).openapi({ description: 'The next three slots; none while paused' }),
    startFailure: z
      .object({
        slot: Time,
        code: z.string(),
        message: z.string(),
        remedy: z.string(),
        since: Time,
        retryAt: Time.nullable().openapi({ description: 'null when the slot was abandoned' }),
      })
      .nullable()
      .openapi({ description: 'Why the run of a slot could not be queued' }),
  })
  .openapi('Schedule');
