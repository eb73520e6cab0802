import { isDerived, kindOf } from '../describe/object-kind.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import { relationshipKind } from '../mapping/field-properties.ts';
import type { FormulaModel } from '../formula/resolve.ts';

/** A field that references other objects. */
export interface Reference {
  readonly field: string;
  /** `Account`, `Parent__r`; undefined if formulas cannot follow the reference. */
  readonly relationship: string | undefined;
  readonly targets: readonly string[];
  readonly masterDetail: boolean;
}

/** One object, kept in memory for the whole run, so it holds only what is needed. */
interface StoredObject {
  readonly name: string;
  /** Names of fields, each between line breaks. Takes a fraction of the memory of a map. */
  readonly fields: string;
  readonly references: readonly Reference[];
  readonly formulas: readonly (readonly [field: string, text: string])[];
}

/**
 * References that every record has. Its owner and its users do not describe where its data comes
 * from.
 */
const SYSTEM_REFERENCES: ReadonlySet<string> = new Set([
  'OwnerId',
  'CreatedById',
  'LastModifiedById',
  'RecordTypeId',
]);
/** Field maps of the most recently used objects are cached. */
const MAX_CACHED = 64;

/** The objects that formulas refer to, added as they are described. */
export class OrgModel implements FormulaModel {
  readonly #objects = new Map<string, StoredObject>();
  readonly #cache = new Map<string, ReadonlyMap<string, string>>();
  /** References by their contents: half of them are the same in many objects. */
  readonly #references = new Map<string, Reference>();

  /** Replaces an object that was added before. */
  add(object: DescribedObject): void {
    if (isDerived(kindOf(object))) return;
    const references = object.fields
      .filter(({ type }) => type === 'reference')
      .map((field) => this.#reference(field));
    this.#objects.set(object.name.toLowerCase(), {
      name: object.name,
      fields: `\n${object.fields.map(({ name }) => name).join('\n')}\n`,
      references,
      formulas: object.fields.flatMap(({ name, calculatedFormula }) =>
        calculatedFormula === undefined ? [] : [[name, calculatedFormula] as const],
      ),
    });
  }

  #reference(field: DescribedField): Reference {
    const { name, relationshipName: relationship, referenceTo: targets } = field;
    const masterDetail = relationshipKind(field) === 'masterDetail';
    const contents = [name, relationship, masterDetail, ...targets].join('\n');
    const known = this.#references.get(contents);
    if (known !== undefined) return known;
    const reference = { field: name, relationship, targets, masterDetail };
    this.#references.set(contents, reference);
    return reference;
  }

  get objects(): Iterable<
    Pick<StoredObject, 'name' | 'formulas'> & { readonly references: readonly Reference[] }
  > {
    return this.#objects.values();
  }

  /** The references of an object without those that every record has. */
  references(object: string): readonly Reference[] {
    return (this.#objects.get(object.toLowerCase())?.references ?? []).filter(
      ({ field }) => !SYSTEM_REFERENCES.has(field),
    );
  }

  field(object: string, name: string): string | undefined {
    const known = this.#objects.get(object.toLowerCase());
    return known === undefined ? undefined : this.#fieldsOf(known).get(name.toLowerCase());
  }

  relationship(object: string, name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return (
      this.#objects
        .get(object.toLowerCase())
        ?.references.find(({ relationship }) => relationship?.toLowerCase() === wanted)?.targets ??
      []
    );
  }

  #fieldsOf({ name, fields }: StoredObject): ReadonlyMap<string, string> {
    const fieldMap =
      this.#cache.get(name) ??
      new Map(
        fields
          .trim()
          .split('\n')
          .map((field) => [field.toLowerCase(), field]),
      );
    this.#cache.delete(name);
    this.#cache.set(name, fieldMap);
    if (this.#cache.size > MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value!);
    return fieldMap;
  }
}
