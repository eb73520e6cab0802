import { SandboxError } from '../errors.ts';
import { fieldTraits } from './field-shapes.ts';
import type { Field, FieldDescription, FieldType, Governance, ObjectEntry } from './model.ts';
import { reference, referenceTraits, type Reference } from './references.ts';
import { pluralOf } from './words.ts';

/** A change to the org. Times move as Salesforce would move them. */
export type Edit =
  | { readonly kind: 'touch'; readonly object: string }
  /** Permissions, profiles or field labels changed: every conditional request sees a change. */
  | { readonly kind: 'touchAll' }
  | { readonly kind: 'addObject'; readonly name: string; readonly label?: string }
  | { readonly kind: 'removeObject'; readonly object: string }
  /** Changes the API name (when `name` is given), the label (when `label` is given), or both. */
  | {
      readonly kind: 'renameObject';
      readonly object: string;
      readonly name?: string;
      readonly label?: string;
    }
  | { readonly kind: 'addField'; readonly object: string; readonly field: NewField }
  | { readonly kind: 'removeField'; readonly object: string; readonly field: string }
  | {
      readonly kind: 'renameField';
      readonly object: string;
      readonly field: string;
      readonly name?: string;
      readonly label?: string;
    }
  /** Changes what Setup alone knows of a field: its description, its classification. */
  | {
      readonly kind: 'annotateField';
      readonly object: string;
      readonly field: string;
      readonly description?: string;
      readonly governance?: Partial<Governance>;
    };

export interface NewField {
  readonly name: string;
  readonly type: FieldType;
  readonly label?: string;
  readonly length?: number;
  readonly scale?: number;
  readonly referenceTo?: readonly string[];
  readonly description?: string;
  readonly governance?: Partial<Governance>;
  /** The value that all records have. */
  readonly content?: string | number | boolean;
  /** Any other describe keys. */
  readonly traits?: Partial<FieldDescription>;
}

const EDIT_KINDS: ReadonlySet<string> = new Set<Edit['kind']>([
  'touch',
  'touchAll',
  'addObject',
  'removeObject',
  'renameObject',
  'addField',
  'removeField',
  'renameField',
  'annotateField',
]);

interface ObjectEdits {
  readonly added: Map<string, Field>;
  readonly removed: Set<string>;
  readonly renamed: Map<string, { name: string; label: string | undefined }>;
  readonly annotated: Map<string, Pick<NewField, 'description' | 'governance'>>;
}

/** What admins have changed since the org was generated, and when. */
export class OrgEdits {
  readonly #now: () => number;
  readonly #edits = new Map<string, ObjectEdits>();
  /** By object: the last edit of it or of anything in it, that of the object itself, and those of its fields by name. */
  readonly #editedAt = new Map<string, number>();
  readonly #objectEditedAt = new Map<string, number>();
  readonly #fieldEditedAt = new Map<string, { readonly created: boolean; readonly at: number }>();
  touchedAt = 0;
  latest = 0;
  revision = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Describes follow it. */
  editedAt(object: string): number | undefined {
    return this.#editedAt.get(object);
  }

  /** EntityDefinition follows it: what happens to fields does not count, and what is removed leaves no date. */
  objectEditedAt(object: string): number | undefined {
    return this.#objectEditedAt.get(object);
  }

  /** CustomField and FieldDefinition follow it. */
  fieldEdit(
    object: string,
    field: string,
  ): { readonly created: boolean; readonly at: number } | undefined {
    return this.#fieldEditedAt.get(`${object}.${field}`);
  }

  /** Records the edit and gives the objects as they are after it. */
  make(edit: Edit, entries: ReadonlyMap<string, ObjectEntry>): Map<string, ObjectEntry> {
    if (!EDIT_KINDS.has(edit.kind)) throw new SandboxError(`no such edit: ${edit.kind}`);
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

  /** The generated fields with the edits put in. */
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

  /** The planned references with the edits put in, so that child relationships follow them too. */
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
    // In its old place: what is generated for other objects follows from their order.
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

function newEntry(
  name: string,
  label = name.replace(/__\w$/, '').replaceAll('_', ' '),
): ObjectEntry {
  const namespace = /^([a-z]\w*?)__\w+__\w+$/.exec(name)?.[1] ?? null;
  const suffix = /__(\w+)$/.exec(name)?.[1];
  const kind =
    ({ c: 'custom', mdt: 'metadata', e: 'event', b: 'big', x: 'external' } as const)[
      suffix as 'c'
    ] ?? 'standard';
  return {
    name,
    kind,
    namespace,
    keyPrefix: `z${String(name.length % 90).padStart(2, '0')}`,
    label,
    labelPlural: pluralOf(label),
    parent: null,
  };
}

function newField(field: NewField): Field {
  const custom = field.name.endsWith('__c');
  const label = field.label ?? field.name.replace(/__c$/, '').replaceAll('_', ' ');
  const up = custom ? field.name.replace(/__c$/, '__r') : field.name.replace(/Id$/, '');
  const traits =
    field.type === 'reference'
      ? {
          ...referenceTraits(reference(field.name, field.referenceTo ?? [], { up, label })),
          ...field.traits,
        }
      : fieldTraits(
          field.type,
          field.name,
          label,
          { custom, ...field.traits },
          field.length,
          field.scale,
        );
  const { description, governance, content } = field;
  return {
    traits,
    rollUp: null,
    ...(description === undefined ? {} : { description }),
    ...(content === undefined ? {} : { content }),
    ...(governance === undefined ? {} : { governance: { ...UNGOVERNED, ...governance } }),
  };
}

const UNGOVERNED: Governance = {
  businessOwnerId: null,
  businessStatus: null,
  complianceGroup: null,
  securityClassification: null,
};
