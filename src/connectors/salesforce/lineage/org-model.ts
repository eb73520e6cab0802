import { isDerived, kindOf } from '../describe/object-kind.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';
import { relationshipKind } from '../mapping/field-properties.ts';
import type { FormulaModel } from '../formula/resolve.ts';

/** A field that leads to other objects. */
export interface Reference {
  readonly field: string;
  /** `Account`, `Parent__r`; undefined when formulas cannot follow it. */
  readonly relationship: string | undefined;
  readonly targets: readonly string[];
  readonly masterDetail: boolean;
}

/** One object, held for a whole run: as little as will do. */
interface Remembered {
  readonly name: string;
  /** Names of fields, each between line breaks: a fraction of what a map would take. */
  readonly fields: string;
  readonly references: readonly Reference[];
  readonly formulas: readonly (readonly [field: string, text: string])[];
}

/** What every record has of its own accord: who made it and whose it is says nothing of where data comes from. */
const SYSTEM: ReadonlySet<string> = new Set([
  'OwnerId',
  'CreatedById',
  'LastModifiedById',
  'RecordTypeId',
]);
/** Objects whose fields are looked up again and again are kept ready. */
const MOST_READY = 64;

/** What formulas need to know of an org's objects, gathered as they are described. */
export class OrgModel implements FormulaModel {
  readonly #objects = new Map<string, Remembered>();
  readonly #ready = new Map<string, ReadonlyMap<string, string>>();

  /** The same object again takes the place of what was known of it. */
  add(object: DescribedObject): void {
    if (isDerived(kindOf(object))) return;
    const references = object.fields
      .filter(({ type }) => type === 'reference')
      .map((field): Reference => ({
        field: field.name,
        relationship: field.relationshipName,
        targets: field.referenceTo,
        masterDetail: relationshipKind(field) === 'masterDetail',
      }));
    this.#objects.set(object.name.toLowerCase(), {
      name: object.name,
      fields: `\n${object.fields.map(({ name }) => name).join('\n')}\n`,
      references,
      formulas: object.fields.flatMap(({ name, calculatedFormula }) =>
        calculatedFormula === undefined ? [] : [[name, calculatedFormula] as const],
      ),
    });
  }

  get objects(): Iterable<
    Pick<Remembered, 'name' | 'formulas'> & { readonly references: readonly Reference[] }
  > {
    return this.#objects.values();
  }

  /** The references of an object that say where its data belongs. */
  references(object: string): readonly Reference[] {
    return (this.#objects.get(object.toLowerCase())?.references ?? []).filter(
      ({ field }) => !SYSTEM.has(field),
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

  #fieldsOf({ name, fields }: Remembered): ReadonlyMap<string, string> {
    const ready =
      this.#ready.get(name) ??
      new Map(
        fields
          .trim()
          .split('\n')
          .map((field) => [field.toLowerCase(), field]),
      );
    this.#ready.delete(name);
    this.#ready.set(name, ready);
    if (this.#ready.size > MOST_READY) this.#ready.delete(this.#ready.keys().next().value!);
    return ready;
  }
}
