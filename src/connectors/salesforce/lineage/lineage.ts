import type { LineageRecord } from '../../../../foundation/src/domain/record.ts';
import type { CutText } from '../../../redaction/cut-text.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { parseFormula } from '../formula/parse.ts';
import { references } from '../formula/references.ts';
import { resolveReferences, type FieldSource } from '../formula/resolve.ts';
import type { OrgModel } from './org-model.ts';

/** How a column gets its value. */
interface ColumnLineage {
  readonly fromColumns: readonly string[];
  readonly toColumn: string;
  readonly function: string;
}

export interface LineageDeps {
  readonly model: OrgModel;
  /** Fully qualified name of an object's table, or of one of its columns. */
  readonly fqn: (object: string, field?: string) => string;
  readonly cut: CutText;
  /** Whether an object has a table in this run. */
  readonly has: (object: string) => boolean;
  /** Roll-ups by object, then by field. */
  readonly rollUps: ReadonlyMap<string, ReadonlyMap<string, RollUp>>;
}

export interface LineageSummary {
  readonly formulas: number;
  /** Formulas that could not be parsed, with the reason. */
  readonly unreadable: readonly {
    readonly object: string;
    readonly field: string;
    readonly reason: string;
  }[];
  /** References to fields that this run does not know. */
  readonly unresolved: number;
  /** Objects whose lineage may lack some of its sources. */
  readonly incomplete: ReadonlySet<string>;
}

/** OpenMetadata's name for lineage that comes from a source's own definitions. */
export const LINEAGE_SOURCE = 'ViewLineage';
const MAX_FUNCTION_LENGTH = 1000;

/**
 * Where the columns of an org's tables get their values from: foreign keys (a reference holds the
 * Id of the record it points to), formulas and roll-up summaries. Requires that all objects have
 * been described. One record for each pair of tables, because a catalog keeps one. Lineage within a
 * table is not reported; the column's properties contain the formula.
 */
export class Lineage {
  readonly #deps: LineageDeps;
  readonly #edges = new Map<
    string,
    { readonly from: string; readonly to: string; readonly columns: ColumnLineage[] }
  >();
  readonly #incomplete = new Set<string>();
  readonly #unreadable: { object: string; field: string; reason: string }[] = [];
  #formulas = 0;
  #unresolved = 0;

  constructor(deps: LineageDeps) {
    this.#deps = deps;
  }

  /** Works object by object, so that the edges of only one object are in memory. */
  *records(): Generator<LineageRecord, LineageSummary, undefined> {
    for (const { name, formulas } of this.#deps.model.objects) {
      if (!this.#deps.has(name)) continue;
      this.#addForeignKeys(name);
      for (const [field, text] of formulas) this.#addFormula(name, field, text);
      for (const [field, rollUp] of this.#deps.rollUps.get(name) ?? [])
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
    for (const { field, targets, masterDetail } of this.#deps.model.references(object)) {
      for (const target of targets)
        this.#add(target, object, 'Id', field, masterDetail ? 'master-detail' : 'foreign key');
    }
  }

  #addFormula(object: string, field: string, text: string): void {
    this.#formulas += 1;
    const parsed = parseFormula(text);
    if (!parsed.ok) {
      this.#incomplete.add(object);
      this.#unreadable.push({ object, field, reason: parsed.message });
      return;
    }
    const { sources, unresolved } = resolveReferences(
      references(parsed.ast),
      object,
      this.#deps.model,
    );
    this.#unresolved += unresolved.length;
    for (const [source, fields] of Map.groupBy(sources, (found: FieldSource) => found.object)) {
      this.#addColumns(
        source,
        object,
        fields.map((found) => found.field),
        field,
        this.#deps.cut(text, MAX_FUNCTION_LENGTH),
      );
    }
  }

  /**
   * A roll-up depends on the summarized field of the child, or on the foreign key where that field
   * is not known or rows are counted, and on the fields of its filter.
   */
  #addRollUp(
    object: string,
    field: string,
    { operation, child, field: summarized, foreignKey, filters = [] }: RollUp,
  ): void {
    const name = operation.toUpperCase();
    const from = summarized ?? foreignKey;
    if (from === undefined) {
      this.#incomplete.add(object);
      return;
    }
    const isSource = summarized !== undefined || name === 'COUNT';
    const label = isSource ? name : `${name} of a field by this key`;
    this.#addKnown(child, object, [from], field, label);
    this.#addKnown(child, object, filters, field, `filter of ${name}`);
  }

  /**
   * Leaves out fields that no table of this run has: a definition may name fields that the user
   * cannot see.
   */
  #addKnown(
    from: string,
    to: string,
    fromFields: readonly string[],
    toField: string,
    label: string,
  ): void {
    const known = fromFields.flatMap((name) => this.#deps.model.field(from, name) ?? []);
    if (known.length > 0) this.#addColumns(from, to, known, toField, label);
  }

  #add(from: string, to: string, fromField: string, toField: string, label: string): void {
    this.#addColumns(from, to, [fromField], toField, label);
  }

  #addColumns(
    from: string,
    to: string,
    fromFields: readonly string[],
    toField: string,
    label: string,
  ): void {
    const { fqn, has } = this.#deps;
    if (from === to || !has(from)) return;
    const edge = this.#edges.get(from) ?? { from: fqn(from), to: fqn(to), columns: [] };
    this.#edges.set(from, edge);
    edge.columns.push({
      fromColumns: fromFields.map((field) => fqn(from, field)),
      toColumn: fqn(to, toField),
      function: label,
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
