import { hash } from 'node:crypto';
import { z } from 'zod';
import type { ListedObject } from '../describe/object-list.ts';

/**
 * Increase it when the same object would be sent differently, so that state of an older program is
 * not used.
 */
const VERSION = 3;
/**
 * After this time everything is read and sent again, so a change that cheap checks miss is at most
 * a day old.
 */
const FULL_RUN_EVERY_MS = 24 * 3_600_000;

/** Keep the order of the members: the hash of a listed object depends on it. */
const listedSchema: z.ZodType<ListedObject> = z.object({
  name: z.string(),
  label: z.string(),
  labelPlural: z.string(),
  custom: z.boolean(),
  customSetting: z.boolean(),
  keyPrefix: optionalText(),
  queryable: z.boolean(),
  layoutable: z.boolean(),
  associateEntityType: optionalText(),
  associateParentEntity: optionalText(),
});

/** JSON has no undefined; a listed object does. */
function optionalText(): z.ZodType<string | undefined> {
  return z
    .string()
    .optional()
    .transform((value) => value);
}

/**
 * A filter by date that works finds fields of these objects (durable ids) that were modified at or
 * after `since` (an ISO date).
 */
const knownEditsSchema = z.object({ objects: z.array(z.string()).min(1), since: z.string() });
export type KnownEdits = z.infer<typeof knownEditsSchema>;

const stateSchema = z.object({
  version: z.literal(VERSION),
  key: z.string(),
  /** Unix time of the last full run, in milliseconds. */
  wholeAt: z.number(),
  /** The org's time before its objects were listed, as an HTTP date. */
  since: z.string().min(1),
  /**
   * By name: hash of the listed object, hash of the record sent, number of columns. Failed objects
   * are not included.
   */
  objects: z.record(
    z.string(),
    z.tuple([z.string(), z.string(), z.int().nonnegative()]).readonly(),
  ),
  /** Number of custom fields created before `since`; undefined where counting failed. */
  customFields: z.int().nonnegative().optional(),
  knownEdits: knownEditsSchema.optional(),
  /** Rows of the last answers to queries that each run sends. */
  rows: z.record(z.string(), z.int().nonnegative()).default({}),
  /** Selected objects that failed, as they were listed. */
  failed: z.array(listedSchema),
  /** Names that the job requests and the org does not list. */
  missing: z.array(z.string()),
  /**
   * Whether every selected object was either sent or failed. Only then an unchanged org means that
   * no object needs a read.
   */
  complete: z.boolean(),
  /**
   * Whether the records that depend on all objects (code, lineage, profiles) were sent since the
   * last full run.
   */
  closed: z.boolean().default(true),
  /**
   * Whether everything was already read again to send those records. It is not repeated: it may
   * never fit one run's calls.
   */
  readAgain: z.boolean().default(false),
});
export type StoredState = z.infer<typeof stateSchema>;
export const STORED_STATE_VERSION: StoredState['version'] = VERSION;

/**
 * The state that a previous run stored, or undefined if it is unreadable, belongs to another job,
 * or is too old. `key` holds everything that determines the result of a run.
 */
export function parseStoredState(
  stored: unknown,
  key: unknown,
  now: number,
): StoredState | undefined {
  const parsed = stateSchema.safeParse(stored);
  if (!parsed.success || parsed.data.key !== hashOf(key)) return undefined;
  return parsed.data.wholeAt <= now && now - parsed.data.wholeAt < FULL_RUN_EVERY_MS
    ? parsed.data
    : undefined;
}

export function hashOf(value: unknown): string {
  return hashOfText(JSON.stringify(value) ?? '');
}

export function hashOfText(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
