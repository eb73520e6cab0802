import { BoundedCache } from './bounded-cache.ts';
import { listObjects } from './object-list.ts';
import { makeFields } from './fields.ts';
import { idFor } from './ids.ts';
import type { ChildRelationship, Field, ObjectEntry } from './model.ts';
import type { Edit } from './edit.ts';
import { OrgEdits } from './edits.ts';
import { randomFor } from './random.ts';
import type { Reference } from './references.ts';
import { Relations } from './relations.ts';

const FIELDS_KEPT = 150_000;

export interface OrgOptions {
  readonly objects: number;
  readonly seed: number;
  /** Milliseconds since the epoch; the time of edits. */
  readonly now: () => number;
  /** Offset of the server's clock, and of all its times, in milliseconds. */
  readonly clockOffset?: () => number;
}

/**
 * The emulated org's metadata. Objects are listed at construction; fields are generated on demand,
 * always the same for one seed, and cached within a limit. Edits are kept, and update the times of
 * conditional requests.
 */
export class Org {
  readonly seed: number;
  /** The 15-character organization id. */
  readonly id: string;
  readonly #edits: OrgEdits;
  readonly #clockOffset: () => number;
  readonly #fields = new BoundedCache<readonly Field[]>(FIELDS_KEPT);
  #entries: Map<string, ObjectEntry>;
  #lowerCase = new Map<string, string>();
  #relations: Relations;

  constructor(options: OrgOptions) {
    this.seed = options.seed;
    this.id = idFor('00D', `${options.seed}:organization`);
    this.#edits = new OrgEdits(options.now);
    this.#clockOffset = options.clockOffset ?? (() => 0);
    this.#entries = new Map(
      listObjects(options.objects, options.seed).map((entry) => [entry.name, entry]),
    );
    this.#relations = this.#relate();
  }

  /** All objects by name. */
  list(): ObjectEntry[] {
    return [...this.#entries.values()].sort((a, b) =>
      a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1,
    );
  }

  /** API names are case-insensitive. */
  find(name: string): ObjectEntry | undefined {
    return this.#entries.get(this.#lowerCase.get(name.toLowerCase()) ?? '');
  }

  /** All fields in describe order; none for an unknown object. */
  fields(name: string): readonly Field[] {
    const known = this.#fields.get(name);
    if (known) return known;
    const entry = this.#entries.get(name);
    if (!entry) return [];
    const made = makeFields(entry, {
      seed: this.seed,
      references: this.references(name),
      detail: this.#detailOf(name),
      metadata: this.#customMetadataType,
      fieldsOf: (other) => this.fields(other),
    });
    const edited = this.#edits.apply(name, made);
    this.#fields.set(name, edited, edited.length);
    return edited;
  }

  references(name: string): readonly Reference[] {
    return this.#relations.references(name);
  }

  children(name: string): readonly ChildRelationship[] {
    return this.#relations.children(name);
  }

  countFields(): number {
    let count = 0;
    for (const name of this.#entries.keys()) count += this.fields(name).length;
    return count;
  }

  /**
   * Time of the last change to the object's metadata, org-wide changes included, in milliseconds.
   */
  modifiedAt(name: string): number {
    const own = this.#edits.editedAt(name) ?? baseTime(this.#entries.get(name), this.seed);
    return Math.max(own, this.#edits.touchedAt) + this.#clockOffset();
  }

  /**
   * Time of the last change to the object itself, as the Tooling API shows it: null for unmodified
   * standard objects; fields do not count.
   */
  customizedAt(name: string): number | null {
    const entry = this.#entries.get(name);
    const edited = this.#edits.objectEditedAt(name);
    const isUntouched = edited === undefined && (entry?.kind === 'standard' || entry?.parent);
    return isUntouched ? null : (edited ?? baseTime(entry, this.seed)) + this.#clockOffset();
  }

  /**
   * Time of the last change to a field, as the Tooling API shows it: null for unmodified standard
   * fields.
   */
  fieldModifiedAt(object: string, field: string): number | null {
    const edited = this.#edits.fieldEdit(object, field)?.at;
    if (edited === undefined && !field.endsWith('__c')) return null;
    return (edited ?? baseTime(this.#entries.get(object), this.seed)) + this.#clockOffset();
  }

  /** Creation time of a custom field added by an edit; undefined for generated fields. */
  fieldCreatedAt(object: string, field: string): number | undefined {
    const edit = this.#edits.fieldEdit(object, field);
    return edit?.created === true ? edit.at + this.#clockOffset() : undefined;
  }

  /** Time of the last change in the org, removals included. */
  lastModifiedAt(): number {
    let latest = this.#edits.latest;
    for (const entry of this.#entries.values())
      latest = Math.max(latest, baseTime(entry, this.seed));
    return latest + this.#clockOffset();
  }

  /** Grows with each edit; caches of the org are valid for one revision. */
  get revision(): number {
    return this.#edits.revision;
  }

  /**
   * Applies a change as an admin would make it. Throws SandboxError for an unknown object or field.
   */
  edit(edit: Edit): void {
    this.#entries = this.#edits.make(edit, this.#entries);
    this.#fields.clear();
    this.#relations = this.#relate();
  }

  get #customMetadataType(): string | null {
    for (const { kind, name, namespace } of this.#entries.values())
      if (kind === 'metadata' && !namespace) return name;
    return null;
  }

  #relate(): Relations {
    this.#lowerCase = new Map([...this.#entries.keys()].map((name) => [name.toLowerCase(), name]));
    return new Relations(this.#entries, this.seed, (object, planned) =>
      this.#edits.references(object, planned),
    );
  }

  #detailOf(name: string): string | null {
    return this.children(name).find((child) => child.cascadeDelete)?.childSObject ?? null;
  }
}

const RELEASED = Date.UTC(2026, 1, 14, 3, 12, 45);

/** Standard objects date from a Salesforce release, others from the years before. */
function baseTime(entry: ObjectEntry | undefined, seed: number): number {
  if (!entry || entry.kind === 'standard' || entry.parent) return RELEASED;
  return (
    Date.UTC(2016, 0, 1) +
    randomFor(`${seed}:modified:${entry.name}`).int(0, 3700) * 86_400_000 +
    31_337_000
  );
}
