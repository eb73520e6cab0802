import type { Logger } from '../../../observability/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { Counted } from '../api/soql.ts';
import { DefinitionReader, type Found } from '../describe/definitions.ts';
import type { EntityRow, FieldRow } from '../describe/definition-rows.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { type ObjectNotes, rollUpShown } from '../mapping/notes.ts';
import { Owners } from './owners.ts';
import { keyOf, RollUps } from './roll-ups.ts';
import {
  readTriggers,
  readValidationRules,
  shortId,
  triggerOf,
  type TriggerRow,
} from './setup-objects.ts';
import type { Trigger, ValidationRule } from '../mapping/table-properties.ts';

export interface AnnotatorOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly tags: boolean;
  readonly owners: boolean;
  /** Whether to read the text of triggers, for whoever asks for `triggers` later. */
  readonly bodies: boolean;
}

/** What is read once and concerns all objects. */
interface Common {
  readonly entities: Found<ReadonlyMap<string, EntityRow>>;
  /** By durable id of the object. */
  readonly rules: ReadonlyMap<string, readonly ValidationRule[]>;
  readonly triggers: ReadonlyMap<string, readonly Trigger[]>;
}

/** An object, and how many fields it has. */
export interface Sized {
  readonly listed: ListedObject;
  readonly fields: number;
}

/** What is known of one of the objects that were asked about. */
export type Notes = (object: ListedObject) => ObjectNotes;

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Reads what only the Tooling API knows of objects: descriptions, classifications, owners, sharing, rules and triggers. */
export class Annotator {
  readonly #options: AnnotatorOptions;
  readonly #descriptions: DefinitionReader;
  readonly #owners: Owners;
  readonly #rollUps: RollUps;
  readonly #common: Promise<Common>;
  readonly #triggers: Promise<readonly TriggerRow[]>;

  /** Starts to read at once. */
  constructor(options: AnnotatorOptions, objects: readonly ListedObject[], signal: AbortSignal) {
    this.#options = options;
    this.#descriptions = new DefinitionReader(options);
    this.#owners = new Owners(options);
    this.#rollUps = new RollUps(options);
    const describable = objects.filter(isDescribable);
    this.#triggers =
      describable.length === 0
        ? Promise.resolve([])
        : readTriggers(options, options.bodies, signal);
    this.#common = this.#readCommon(describable, signal);
    // Whoever uses them meets the failure.
    this.#common.catch(() => undefined);
    this.#triggers.catch(() => undefined);
  }

  /** All triggers of the org. */
  get triggers(): Promise<readonly TriggerRow[]> {
    return this.#triggers;
  }

  /** Names of objects by durable id. */
  async objectNames(): Promise<ReadonlyMap<string, string>> {
    const {
      entities: { found },
    } = await this.#common;
    return new Map([...found].map(([name, { DurableId }]) => [shortId(DurableId), name]));
  }

  /** What is known of these objects. */
  async notesOn(objects: readonly Sized[], signal: AbortSignal): Promise<Found<Notes>> {
    const {
      entities: { found: entities, lost },
      rules,
      triggers,
    } = await this.#common;
    const idOf = ({ name }: ListedObject): string | undefined => entities.get(name)?.DurableId;
    const { found: fields, lost: fieldsLost } = await this.#fields(
      objects
        .filter(({ listed }) => isDescribable(listed))
        .flatMap(({ listed, fields: rows }) => ({ id: idOf(listed) ?? '', rows }))
        .filter(({ id }) => id !== ''),
      signal,
    );
    const [owners, rollUps] = await Promise.all([
      this.#ownersOf(fields, signal),
      this.#rollUpsOf(fields, signal),
    ]);
    const notes: Notes = (listed) => {
      const id = isDescribable(listed) ? shortId(idOf(listed) ?? '') : '';
      return {
        entity: entities.get(listed.name),
        fields: fields.get(id) ?? NONE,
        owners,
        tags: this.#options.tags,
        validationRules: rules.get(id) ?? [],
        triggers: triggers.get(id) ?? [],
        rollUps: rollUps.get(id) ?? NONE,
      };
    };
    return { found: notes, lost: lost || fieldsLost };
  }

  async #readCommon(objects: readonly ListedObject[], signal: AbortSignal): Promise<Common> {
    const [entities, rules, triggers] = await Promise.all([
      this.#descriptions.entities(objects, signal),
      objects.length === 0
        ? new Map<string, ValidationRule[]>()
        : readValidationRules(this.#options, signal),
      this.#triggers,
    ]);
    const byObject = Map.groupBy(
      triggers.filter(({ EntityDefinitionId }) => EntityDefinitionId !== undefined),
      ({ EntityDefinitionId }) => shortId(EntityDefinitionId!),
    );
    return {
      entities,
      rules,
      triggers: new Map([...byObject].map(([id, rows]) => [id, rows.map(triggerOf)])),
    };
  }

  /** By durable id of the object, then by name. */
  async #fields(
    objects: readonly Counted[],
    signal: AbortSignal,
  ): Promise<Found<Map<string, Map<string, FieldRow>>>> {
    const { found, lost } = await this.#descriptions.fields(objects, signal);
    const rows = new Map<string, Map<string, FieldRow>>();
    for (const row of found) {
      const key = shortId(row.EntityDefinitionId);
      const ofObject = rows.get(key) ?? new Map<string, FieldRow>();
      rows.set(key, ofObject.set(row.QualifiedApiName, row));
    }
    return { found: rows, lost };
  }

  async #ownersOf(
    fields: ReadonlyMap<string, ReadonlyMap<string, FieldRow>>,
    signal: AbortSignal,
  ): ReturnType<Owners['resolve']> {
    if (!this.#options.owners) return new Map();
    return this.#owners.resolve(
      [...fields.values()].flatMap((rows) =>
        [...rows.values()].flatMap(({ BusinessOwnerId }) => BusinessOwnerId ?? []),
      ),
      signal,
    );
  }

  /** By durable id of the object, then by name. */
  async #rollUpsOf(
    fields: ReadonlyMap<string, ReadonlyMap<string, FieldRow>>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, RollUp>>> {
    const wanted = [...fields].flatMap(([object, rows]) =>
      [...rows.values()]
        .filter(({ DataType }) => rollUpShown(DataType) !== undefined)
        .map((row) => ({ object, field: row.QualifiedApiName })),
    );
    const definitions = await this.#rollUps.read(wanted, signal);
    const known = wanted.filter((one) => definitions.has(keyOf(one)));
    return new Map(
      [...Map.groupBy(known, ({ object }) => object)].map(([object, ones]) => [
        object,
        new Map(ones.map((one) => [one.field, definitions.get(keyOf(one))!])),
      ]),
    );
  }
}
