import { SandboxError } from '../errors.ts';
import type { Edit, NewField } from './edit.ts';
import { pluralOf } from './labels.ts';
import type { Field, ObjectEntry } from './model.ts';
import { newEntry, newField, UNGOVERNED } from './new-entries.ts';
import { reference, type Reference } from './references.ts';
import { problemOfEdit } from './validate-edit.ts';

interface ObjectEdits {
  readonly added: Map<string, Field>;
  readonly removed: Set<string>;
  readonly renamed: Map<string, { name: string; label: string | undefined }>;
  readonly annotated: Map<string, Pick<NewField, 'description' | 'governance'>>;
}

/** The edits of the org since it was generated, with their times. */
export class OrgEdits {
  readonly #now: () => number;
  readonly #edits = new Map<string, ObjectEdits>();
  /**
   * Last edit of an object or its fields, of an object itself, and of a field by qualified name.
   */
  readonly #editedAt = new Map<string, number>();
  readonly #objectEditedAt = new Map<string, number>();
  readonly #fieldEditedAt = new Map<string, { readonly created: boolean; readonly at: number }>();
  touchedAt = 0;
  latest = 0;
  revision = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Time of the last edit of an object or its fields; used by describes. */
  editedAt(object: string): number | undefined {
    return this.#editedAt.get(object);
  }

  /** Time of the last edit of an object itself, without its fields; used by EntityDefinition. */
  objectEditedAt(object: string): number | undefined {
    return this.#objectEditedAt.get(object);
  }

  /** The last edit of a field; used by CustomField and FieldDefinition. */
  fieldEdit(
    object: string,
    field: string,
  ): { readonly created: boolean; readonly at: number } | undefined {
    if (this.#fieldEditedAt.size === 0) return undefined;
    return this.#fieldEditedAt.get(`${object}.${field}`);
  }

  /** Records the edit and returns the objects after it. */
  make(edit: Edit, entries: ReadonlyMap<string, ObjectEntry>): Map<string, ObjectEntry> {
    const problem = problemOfEdit(edit);
    if (problem !== undefined) throw new SandboxError(problem);
    if (edit.kind === 'touchAll') return this.#stamp(null, new Map(entries));
    if (edit.kind === 'addObject') this.#objectEditedAt.set(edit.name, this.#now());
    if (edit.kind === 'addObject')
      return this.#stamp(
        edit.name,
        new Map([...entries, [edit.name, newEntry(edit.name, edit.label)]]),
      );
    const entry = entries.get(edit.object);
    if (!entry) throw new SandboxError(`the org has no object ${edit.object}`);
    if (edit.kind === 'removeObject')
      return this.#stamp(edit.object, without(entries, edit.object));
    if (edit.kind === 'renameObject') return this.#rename(edit, entry, entries);
    if (edit.kind === 'touch') this.#objectEditedAt.set(edit.object, this.#now());
    else this.#editFields(edit);
    return this.#stamp(edit.object, new Map(entries));
  }

  /** The generated fields with the edits applied. */
  apply(object: string, fields: readonly Field[]): readonly Field[] {
    const edits = this.#edits.get(object);
    if (!edits) return fields;
    const kept = fields.filter(
      ({ traits }) => !edits.removed.has(traits.name) && !edits.added.has(traits.name),
    );
    return [...kept, ...edits.added.values()].map((field) => {
      const renamed = edits.renamed.get(field.traits.name);
      const named = renamed
        ? {
            ...field,
            traits: {
              ...field.traits,
              name: renamed.name,
              label: renamed.label ?? field.traits.label,
            },
          }
        : field;
      const { description, governance } = edits.annotated.get(named.traits.name) ?? {};
      return {
        ...named,
        ...(description === undefined ? {} : { description }),
        ...(governance === undefined
          ? {}
          : { governance: { ...UNGOVERNED, ...named.governance, ...governance } }),
      };
    });
  }

  /** The planned references with the edits applied, so that child relationships follow. */
  references(object: string, planned: readonly Reference[]): readonly Reference[] {
    const edits = this.#edits.get(object);
    if (!edits) return planned;
    const kept = planned
      .filter(({ field }) => !edits.removed.has(field))
      .map((made) => {
        const renamed = edits.renamed.get(made.field);
        return renamed
          ? { ...made, field: renamed.name, label: renamed.label ?? made.label }
          : made;
      });
    const added = [...edits.added.values()]
      .filter(({ traits }) => traits.type === 'reference')
      .map(({ traits }) =>
        reference(traits.name, traits.referenceTo ?? [], {
          up: traits.relationshipName ?? null,
          down: null,
        }),
      );
    return [...kept, ...added];
  }

  #editFields(edit: Extract<Edit, { object: string }>): void {
    const edits = this.#edits.get(edit.object) ?? {
      added: new Map(),
      removed: new Set(),
      renamed: new Map(),
      annotated: new Map(),
    };
    this.#edits.set(edit.object, edits);
    if (edit.kind === 'addField') {
      edits.added.set(edit.field.name, newField(edit.field));
      edits.removed.delete(edit.field.name);
      this.#stampField(edit.object, edit.field.name, true);
    } else if (edit.kind === 'removeField') {
      if (!edits.added.delete(edit.field)) edits.removed.add(edit.field);
    } else if (edit.kind === 'renameField') {
      edits.renamed.set(edit.field, { name: edit.name ?? edit.field, label: edit.label });
      this.#stampField(edit.object, edit.name ?? edit.field, false);
    } else if (edit.kind === 'annotateField') {
      const { description, governance } = edit;
      edits.annotated.set(edit.field, {
        ...(description === undefined ? {} : { description }),
        ...(governance === undefined ? {} : { governance }),
      });
      this.#stampField(edit.object, edit.field, false);
    }
  }

  #stampField(object: string, field: string, created: boolean): void {
    this.#fieldEditedAt.set(`${object}.${field}`, {
      created: created || this.fieldEdit(object, field)?.created === true,
      at: this.#now(),
    });
  }

  #rename(
    edit: Extract<Edit, { kind: 'renameObject' }>,
    entry: ObjectEntry,
    entries: ReadonlyMap<string, ObjectEntry>,
  ): Map<string, ObjectEntry> {
    const { object, name = object, label = entry.label } = edit;
    const edits = this.#edits.get(object);
    if (edits) this.#edits.set(name, edits);
    this.#stamp(object, new Map());
    this.#objectEditedAt.set(name, this.#now());
    const renamed = {
      ...entry,
      name,
      label,
      labelPlural: edit.label ? pluralOf(edit.label) : entry.labelPlural,
    };
    // The position stays: generated content of other objects depends on their order.
    return this.#stamp(
      name,
      new Map([...entries].map((pair) => (pair[0] === object ? [name, renamed] : pair))),
    );
  }

  #stamp(object: string | null, entries: Map<string, ObjectEntry>): Map<string, ObjectEntry> {
    const now = this.#now();
    if (object) this.#editedAt.set(object, now);
    else this.touchedAt = now;
    this.latest = now;
    this.revision += 1;
    return entries;
  }
}

function without(
  entries: ReadonlyMap<string, ObjectEntry>,
  object: string,
): Map<string, ObjectEntry> {
  return new Map([...entries].filter(([name]) => name !== object));
}
