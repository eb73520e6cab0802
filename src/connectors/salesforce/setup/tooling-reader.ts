import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import type { FirstAnswers } from '../api/first-answers.ts';
import type { SizedQuery } from '../api/query-pool.ts';
import type { EntityRow, FieldRow } from '../describe/definition-rows.ts';
import { DefinitionReader, type Found } from '../describe/definitions.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { PackedRows } from '../describe/packed-rows.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { type ToolingMetadata, rollUpShown } from '../mapping/tooling-metadata.ts';
import type { Trigger, ValidationRule } from '../mapping/table-properties.ts';
import { shortId } from './durable-id.ts';
import { Owners } from './owners.ts';
import { keyOf, ROLL_UPS_QUERY, RollUps } from './roll-ups.ts';
import { readTriggers, triggerOf, type TriggerRow, triggersQuery } from './triggers.ts';
import { readValidationRules, RULES_QUERY } from './validation-rules.ts';

export interface ToolingReaderDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly tags: boolean;
  readonly owners: boolean;
  /** Whether `triggers` includes source code. */
  readonly bodies: boolean;
  /** Answers to `setupQueries`. */
  readonly firstAnswers?: FirstAnswers | undefined;
  /** Rows of EntityDefinition that are known already, by object name. */
  readonly entities?: ReadonlyMap<string, EntityRow> | undefined;
  /** The objects with the sizes that they had, to read their fields before they are described. */
  readonly sizes?: readonly ObjectSize[] | undefined;
}

/** Half a page, because an answer has between none and a page of rows. */
const SETUP_ROWS = 1000;

/** Queries of one page in most orgs, which may be sent with others. */
export function setupQueries({ bodies }: Pick<ToolingReaderDeps, 'bodies'>): SizedQuery[] {
  return [triggersQuery(bodies), RULES_QUERY, ROLL_UPS_QUERY].map((query) => ({
    query,
    rows: SETUP_ROWS,
  }));
}

/**
 * What is read once for all objects. Maps are by the durable id of the object, except `entities`,
 * which is by name.
 */
interface Shared {
  readonly entities: Found<ReadonlyMap<string, EntityRow>>;
  /** Durable ids of the objects. */
  readonly ids: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, readonly ValidationRule[]>;
  readonly triggers: ReadonlyMap<string, readonly Trigger[]>;
}

/** An object with its number of fields. */
export interface ObjectSize {
  readonly listed: ListedObject;
  readonly fields: number;
}

/** Returns the metadata of one of the objects that were requested. */
export type ToolingLookup = (object: ListedObject) => ToolingMetadata;

/** Rows by the durable id of the object, then by field name. */
export type FieldRows = ReadonlyMap<string, ReadonlyMap<string, FieldRow>>;

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * Reads what only the Tooling API has about objects: descriptions, classifications, owners,
 * sharing, validation rules and triggers.
 */
export class ToolingReader {
  readonly #deps: ToolingReaderDeps;
  readonly #definitions: DefinitionReader;
  readonly #owners: Owners;
  readonly #rollUps: RollUps;
  readonly #shared: Promise<Shared>;
  readonly #triggers: Promise<readonly TriggerRow[]>;
  /** The definitions of all fields, if they are read before the describes. */
  readonly #early: Promise<Found<FieldRows>> | undefined;

  /** Starts reading at once. */
  constructor(deps: ToolingReaderDeps, objects: readonly ListedObject[], signal: AbortSignal) {
    this.#deps = deps;
    this.#definitions = new DefinitionReader(deps);
    this.#owners = new Owners(deps);
    this.#rollUps = new RollUps(deps);
    const describable = objects.filter(isDescribable);
    this.#triggers =
      describable.length === 0 ? Promise.resolve([]) : readTriggers(deps, deps.bodies, signal);
    this.#shared = this.#readShared(describable, signal);
    // A failure is reported to the caller that awaits the result.
    this.#shared.catch(() => undefined);
    this.#triggers.catch(() => undefined);
    this.#early = deps.sizes === undefined ? undefined : this.#fields(deps.sizes, signal);
    this.#early?.catch(() => undefined);
  }

  /** All triggers of the org; none if the run has no object that can have one. */
  get triggers(): Promise<readonly TriggerRow[]> {
    return this.#triggers;
  }

  /** Resolves once everything is read that all objects share; a failure is for `read` to report. */
  async sharedRead(): Promise<void> {
    await Promise.allSettled([this.#shared]);
  }

  /** Names of objects by durable id. */
  async objectNames(): Promise<ReadonlyMap<string, string>> {
    const { entities } = await this.#shared;
    return new Map([...entities.found].map(([name, { DurableId }]) => [shortId(DurableId), name]));
  }

  /**
   * The definitions of the fields of objects, for `lookup`; those of all objects if `sizes` were
   * given. Those of roll-ups are read beside the first ones.
   */
  fields(objects: readonly ObjectSize[], signal: AbortSignal): Promise<Found<FieldRows>> {
    return this.#early ?? this.#fields(objects, signal);
  }

  /** What is known of the objects of these fields. */
  async lookup(
    { found: fields, lost: fieldsLost }: Found<FieldRows>,
    signal: AbortSignal,
  ): Promise<Found<ToolingLookup>> {
    const shared = await this.#shared;
    const { found: entities, lost } = shared.entities;
    const [owners, rollUps] = await Promise.all([
      this.#ownersOf(fields, signal),
      this.#rollUpsOf(fields, shared.ids, signal),
    ]);
    const waiting = new PackedRows(fields);
    const lookup: ToolingLookup = (listed) => {
      const id = shortId(durableIdOf(listed, entities));
      return {
        entity: entities.get(listed.name),
        fields: waiting.of(id),
        owners,
        tags: this.#deps.tags,
        validationRules: shared.rules.get(id) ?? [],
        triggers: shared.triggers.get(id) ?? [],
        rollUps: rollUps.get(id) ?? NONE,
      };
    };
    return { found: lookup, lost: lost || fieldsLost };
  }

  async #fields(objects: readonly ObjectSize[], signal: AbortSignal): Promise<Found<FieldRows>> {
    const { entities, ids } = await this.#shared;
    const counted = objects
      .map(({ listed, fields }) => ({ id: durableIdOf(listed, entities.found), rows: fields }))
      .filter(({ id }) => id !== '');
    // Their list was requested in any case, so this is no call that might not be needed.
    if (counted.length > 0 && this.#deps.firstAnswers !== undefined)
      this.#rollUps.begin(ids, signal);
    const { found, lost } = await this.#definitions.fields(counted, signal);
    const rows = new Map<string, Map<string, FieldRow>>();
    for (const row of found) {
      const key = shortId(row.EntityDefinitionId);
      const ofObject = rows.get(key) ?? new Map<string, FieldRow>();
      rows.set(key, ofObject.set(row.QualifiedApiName, row));
    }
    return { found: rows, lost };
  }

  async #readShared(objects: readonly ListedObject[], signal: AbortSignal): Promise<Shared> {
    const [entities, rules, triggers] = await Promise.all([
      this.#entities(objects, signal),
      objects.length === 0
        ? new Map<string, ValidationRule[]>()
        : readValidationRules(this.#deps, signal),
      this.#triggers,
    ]);
    const byObject = Map.groupBy(
      triggers.filter(({ EntityDefinitionId }) => EntityDefinitionId !== undefined),
      ({ EntityDefinitionId }) => shortId(EntityDefinitionId!),
    );
    return {
      entities,
      ids: new Set([...entities.found.values()].map(({ DurableId }) => shortId(DurableId))),
      rules,
      triggers: new Map([...byObject].map(([id, rows]) => [id, rows.map(triggerOf)])),
    };
  }

  async #entities(
    objects: readonly ListedObject[],
    signal: AbortSignal,
  ): Promise<Found<ReadonlyMap<string, EntityRow>>> {
    const known = this.#deps.entities ?? new Map<string, EntityRow>();
    const others = objects.filter(({ name }) => !known.has(name));
    const { found, lost } = await this.#definitions.entities(others, signal);
    return { found: new Map([...known, ...found]), lost };
  }

  async #ownersOf(fields: FieldRows, signal: AbortSignal): ReturnType<Owners['resolve']> {
    if (!this.#deps.owners) return new Map();
    const ids = [...fields.values()].flatMap((rows) =>
      [...rows.values()].flatMap(({ BusinessOwnerId }) => BusinessOwnerId ?? []),
    );
    return this.#owners.resolve(ids, signal);
  }

  /** By the durable id of the object, then by field name. */
  async #rollUpsOf(
    fields: FieldRows,
    objects: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, RollUp>>> {
    const requested = [...fields].flatMap(([object, rows]) =>
      [...rows.values()]
        .filter(({ DataType }) => rollUpShown(DataType) !== undefined)
        .map((row) => ({ object, field: row.QualifiedApiName })),
    );
    if (requested.length === 0) return NONE;
    const definitions = await this.#rollUps.read(objects, signal);
    const found = requested.filter((field) => definitions.has(keyOf(field)));
    return new Map(
      [...Map.groupBy(found, ({ object }) => object)].map(([object, ofObject]) => [
        object,
        new Map(ofObject.map((field) => [field.field, definitions.get(keyOf(field))!])),
      ]),
    );
  }
}

/** Empty for an object whose definitions are not read. */
function durableIdOf(listed: ListedObject, entities: ReadonlyMap<string, EntityRow>): string {
  return isDescribable(listed) ? (entities.get(listed.name)?.DurableId ?? '') : '';
}
