/**
 * Parses stored records for display. A malformed field reads as absent, because records are stored
 * unvalidated.
 */
import { z } from 'zod';

const JsonObject = z.record(z.string(), z.unknown());
const Text = z.string().nullable().catch(null).default(null);

const Log = z.object({
  time: z.number().nullable().catch(null).default(null),
  level: z.string().catch('info').default('info'),
  message: z.string().catch('').default(''),
  data: JsonObject.nullable().catch(null).default(null),
});

const Step = z.object({
  name: z.string().catch('unnamed step').default('unnamed step'),
  description: z.string().catch('').default(''),
  passed: z.boolean().catch(false).default(false),
  mandatory: z.boolean().catch(true).default(true),
  message: Text,
  error: z.object({ message: Text, remedy: Text }).nullable().catch(null).default(null),
});

export function logOf(line: string): z.infer<typeof Log> {
  return Log.parse(JSON.parse(line));
}

/** A step in the form of OpenMetadata's testConnectionResult, with the remedy beside it. */
export function stepOf(line: string) {
  const { error, ...step } = Step.parse(JSON.parse(line));
  return { ...step, errorLog: error?.message ?? null, remedy: error?.remedy ?? null };
}

export function failureOf(line: string): Readonly<Record<string, unknown>> {
  const { failure } = JSON.parse(line) as { readonly failure?: unknown };
  return JsonObject.catch({}).parse(failure);
}
