import type { LineageRecord } from '../../../domain/record.ts';
import type { CutText } from '../../../redaction/cut-text.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { parseFormula } from '../formula/parse.ts';
import { references } from '../formula/references.ts';
import { resolveReferences, type FieldSource } from '../formula/resolve.ts';
import type { OrgModel } from './org-model.ts';

/** How a column comes by its value. */
interface ColumnLineage {
  readonly fromColumns: readonly string[];
  readonly toColumn: string;
  readonly function: string;
}

export interface LineageOptions {
  readonly model: OrgModel;
  /** Fully qualified name of an object's table, or of one of its columns. */
  readonly fqn: (object: string, field?: string) => string;
  readonly cut: CutText;
  /** Whether an object has a table in this run. */
  readonly has: (object: string) => boolean;
  /** Roll-ups by object, then by field. */
  readonly rollUps: ReadonlyMap<string, ReadonlyMap<string, RollUp>>;
}

export interface LineageCounts {
  readonly formulas: number;
  /** Formulas that could not be read, and why. */
  readonly unreadable: readonly {
    readonly object: string;
    readonly field: string;
    readonly reason: string;
  }[];
  /** References that lead to fields this run does not know. */
  readonly unresolved: number;
  /** Names of the objects to which more may lead than could be told. */
  readonly incomplete: ReadonlySet<string>;
}

/** What OpenMetadata calls lineage that a source's own definitions say. */
export const LINEAGE_SOURCE = 'ViewLineage';
const LONGEST_FUNCTION = 1000;

/**
 * Where the data of an org's tables comes from, after all objects have been described: foreign keys (whoever refers to
 * a record takes its Id), formulas and roll-up summaries. One record for each pair of tables, since a catalogue keeps no
 * more; a table's lineage to itself is left to the properties of its columns, which have the formula.
 */
export class Lineage {
  readonly #options: LineageOptions;
  readonly #edges = new Map<
    string,
    { readonly from: string; readonly to: string; readonly columns: ColumnLineage[] }
  >();
  readonly #incomplete = new Set<string>();
  readonly #unreadable: { object: string; field: string; reason: string }[] = [];
  #formulas = 0;
  #unresolved = 0;

  constructor(options: LineageOptions) {
    this.#options = options;
  }

  /** Object by object, so that no more than one object's edges are held. */
  *records(): Generator<LineageRecord, LineageCounts, undefined> {
    for (const { name, formulas } of this.#options.model.objects) {
      if (!this.#options.has(name)) continue;
      this.#addForeignKeys(name);
      for (const [field, text] of formulas) this.#addFormula(name, field, text);
      for (const [field, rollUp] of this.#options.rollUps.get(name) ?? [])
        this.#addRollUp(name, field, rollUp);
      yield* this.#take();
    }
    return {
      formulas: this.#formulas,
      unreadable: this.#unreadable,
      unresolved: this.#unresolved,
      incomplete: this.#incomplete,
    };
  }

  #addForeignKeys(object: string): void {
    for (const { field, targets, masterDetail } of this.#options.model.references(object)) {
      for (const target of targets)
        this.#add(target, object, 'Id', field, masterDetail ? 'master-detail' : 'foreign key');
    }
  }

  #addFormula(object: string, field: string, text: string): void {
    this.#formulas += 1;
    const parsed = parseFormula(text);
    if (!parsed.ok) {
      this.#incomplete.add(object);
      return void this.#unreadable.push({ object, field, reason: parsed.message });
    }
    const { sources, unresolved } = resolveReferences(
      references(parsed.ast),
      object,
      this.#options.model,
    );
    this.#unresolved += unresolved.length;
    for (const [source, fields] of Map.groupBy(sources, (found: FieldSource) => found.object)) {
      this.#addColumns(
        source,
        object,
        fields.map((found) => found.field),
        field,
        this.#options.cut(text, LONGEST_FUNCTION),
      );
    }
  }

  /**
   * The child's rows are counted by their foreign key, or their field is summed up. Where it is not known which field, the
   * key stands for it, since a roll-up depends on that too; so it does on the fields of its filter.
   */
  #addRollUp(
    object: string,
    field: string,
    { operation, child, field: summarized, foreignKey, filters = [] }: RollUp,
  ): void {
    const how = operation.toUpperCase();
    const from = summarized ?? foreignKey;
    if (from === undefined) return void this.#incomplete.add(object);
    const isPart = summarized !== undefined || how === 'COUNT';
    this.#addKnown(child, object, [from], field, isPart ? how : `${how} of a field by this key`);
    this.#addKnown(child, object, filters, field, `filter of ${how}`);
  }

  /** A definition names fields that this user may not see, and that no table of this run has. */
  #addKnown(
    from: string,
    to: string,
    fromFields: readonly string[],
    toField: string,
    how: string,
  ): void {
    const known = fromFields.flatMap((name) => this.#options.model.field(from, name) ?? []);
    if (known.length > 0) this.#addColumns(from, to, known, toField, how);
  }

  #add(from: string, to: string, fromField: string, toField: string, how: string): void {
    this.#addColumns(from, to, [fromField], toField, how);
  }

  #addColumns(
    from: string,
    to: string,
    fromFields: readonly string[],
    toField: string,
    how: string,
  ): void {
    const { fqn, has } = this.#options;
    if (from === to || !has(from)) return;
    const edge = this.#edges.get(from) ?? { from: fqn(from), to: fqn(to), columns: [] };
    this.#edges.set(from, edge);
    edge.columns.push({
      fromColumns: fromFields.map((field) => fqn(from, field)),
      toColumn: fqn(to, toField),
      function: how,
    });
  }

  *#take(): Generator<LineageRecord, void, undefined> {
    for (const { from, to, columns } of this.#edges.values())
      yield {
        kind: 'lineage',
        from,
        to,
        details: { source: LINEAGE_SOURCE, columnsLineage: columns },
      };
    this.#edges.clear();
  }
}
