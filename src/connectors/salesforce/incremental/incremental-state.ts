import { hash } from 'node:crypto';
import { z } from 'zod';
import type { ListedObject } from '../describe/object-list.ts';

/** Counts up when the same object would be told in another way, so that what an older program remembers is not gone by. */
const VERSION = 3;
/** After it, everything is read and sent anew: whatever a cheap look at changes can miss is then at most a day old. */
const WHOLE_EVERY_MS = 24 * 3_600_000;
/** Far more objects than an org can have. */
const MOST_OBJECTS = 50_000;

/** In the order in which they are listed, since that is what the hash of one is made of. */
const listedSchema: z.ZodType<ListedObject> = z.object({
  name: z.string(),
  label: z.string(),
  labelPlural: z.string(),
  custom: z.boolean(),
  customSetting: z.boolean(),
  keyPrefix: textOrNone(),
  queryable: z.boolean(),
  layoutable: z.boolean(),
  associateEntityType: textOrNone(),
  associateParentEntity: textOrNone(),
});

/** JSON has no undefined; a listed object has. */
function textOrNone(): z.ZodType<string | undefined> {
  return z
    .string()
    .optional()
    .transform((value) => value);
}

const stateSchema = z.object({
  version: z.literal(VERSION),
  key: z.string(),
  /** When everything was read last, as Unix time in milliseconds. */
  wholeAt: z.number(),
  /** The org's time before its objects were listed, as HTTP writes it. */
  since: z.string().min(1),
  /** By name: hashes of the object as it was listed, and as it was sent, and how many columns it has. Objects that could not be read are missing. */
  objects: z.record(
    z.string(),
    z.tuple([z.string(), z.string(), z.int().nonnegative()]).readonly(),
  ),
  /** Custom fields of the org that were made before `since`; undefined where they could not be counted. */
  customFields: z.int().nonnegative().optional(),
  /** Objects that were asked for and could not be told, as they were listed. */
  failed: z.array(listedSchema),
  /** Names that the job asks for and the org does not list. */
  missing: z.array(z.string()),
  /** Whether every object was told or failed, so that the org’s word that nothing changed says what is left to do. */
  complete: z.boolean(),
  /** Whether what concerns all objects together (code, lineage, figures) was told since everything was read. */
  closed: z.boolean().default(true),
  /** Whether everything was read once more for the sake of that, which is not done twice: it may never fit the calls of a run. */
  readAgain: z.boolean().default(false),
});
export type State = z.infer<typeof stateSchema>;

/** What a run kept, if it is about the same job and young enough to go by. `kept` may be anything; `key` holds all that decides what a run gives. */
export function stateOf(kept: unknown, key: unknown, now: number): State | undefined {
  const parsed = stateSchema.safeParse(kept);
  if (!parsed.success || parsed.data.key !== hashOf(key)) return undefined;
  return parsed.data.wholeAt <= now && now - parsed.data.wholeAt < WHOLE_EVERY_MS
    ? parsed.data
    : undefined;
}

type Told = readonly [listed: string, sent: string, columns: number];

/** What the last run of the same job saw, and what this one sees. */
export class IncrementalState {
  readonly #key: string;
  readonly #now: number;
  readonly #before: State | undefined;
  readonly #objects = new Map<string, Told>();
  #customFields: number | undefined;
  readonly #failed = new Map<string, ListedObject>();
  /** The runs before saw all objects between them, and none of them all. */
  readonly #readAgain: boolean;
  #closed: boolean;

  constructor(before: State | undefined, key: unknown, now: number) {
    this.#key = hashOf(key);
    this.#now = now;
    this.#before = before;
    this.#customFields = before?.customFields;
    this.#closed = this.#before?.closed ?? false;
    this.#readAgain = this.#before?.complete === true && !this.#closed && !this.#before.readAgain;
  }

  /** The time to ask the org for changes since; undefined when everything is to be read. */
  get since(): string | undefined {
    return this.#readAgain ? undefined : this.#before?.since;
  }

  /** Whether the last run looked at every object, so that no change in the org means nothing to do but try what failed again. */
  get complete(): boolean {
    return this.#before?.complete === true && !this.#readAgain;
  }

  /** Of objects that the last run told, or knew to be as they were. */
  get names(): readonly string[] {
    return Object.keys(this.#before?.objects ?? {});
  }

  get failed(): readonly ListedObject[] {
    return this.#before?.failed ?? [];
  }

  get missing(): readonly string[] {
    return this.#before?.missing ?? [];
  }

  /** Whether the object was read by then, and is listed now as it was. */
  isListedAlike(object: ListedObject): boolean {
    return this.#of(object.name)?.[0] === hashOf(object);
  }

  /** Custom fields that were made before `since`, when the last run counted them. */
  get customFields(): number | undefined {
    return this.#before?.customFields;
  }

  /** Notes how many custom fields were made before the time that the next run will ask about. */
  countCustomFields(count: number | undefined): void {
    this.#customFields = count;
  }

  /** How many columns the object had; undefined when it was not told. */
  columnsOf(name: string): number | undefined {
    return this.#of(name)?.[2];
  }

  /** Notes that what concerns all objects together has been told. */
  close(): void {
    this.#closed = true;
  }

  /** Notes an object that was not looked at again. */
  keep(name: string): void {
    const before = this.#of(name);
    if (before !== undefined) this.#objects.set(name, before);
  }

  /** Notes an object as it is told now. False when the last run told it in the same words. */
  isNews(listed: ListedObject, json: string, columns: number): boolean {
    const sent = hashOfText(json);
    const news = this.#of(listed.name)?.[1] !== sent;
    this.#objects.set(listed.name, [hashOf(listed), sent, columns]);
    return news;
  }

  /** Notes an object that could not be told, or not wholly: the next run tries again. */
  fail(listed: ListedObject): void {
    this.#objects.delete(listed.name);
    this.#failed.set(listed.name, listed);
  }

  /** What the next run is to remember of this one, whose job is about so many objects. */
  state(since: string, objects: number, missing: readonly string[]): State | undefined {
    if (this.#objects.size + this.#failed.size > MOST_OBJECTS) return undefined;
    const { wholeAt = this.#now, readAgain = false } = this.#before ?? {};
    return {
      version: VERSION,
      key: this.#key,
      wholeAt: this.#readAgain ? this.#now : wholeAt,
      since,
      objects: Object.fromEntries(this.#objects),
      ...(this.#customFields === undefined ? {} : { customFields: this.#customFields }),
      failed: [...this.#failed.values()],
      missing: [...missing],
      complete: this.#objects.size + this.#failed.size === objects,
      closed: this.#closed,
      readAgain: this.#readAgain || readAgain,
    };
  }

  #of(name: string): Told | undefined {
    const objects = this.#before?.objects;
    return objects !== undefined && Object.hasOwn(objects, name) ? objects[name] : undefined;
  }
}

function hashOf(value: unknown): string {
  return hashOfText(JSON.stringify(value) ?? '');
}

function hashOfText(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
