import type {
  EntityRecord,
  LineageRecord,
  LineageSweepRecord,
  ProfileRecord,
  SampleDataRecord,
  SweepRecord,
} from '../../../domain/record.ts';
import type { ConnectorContext } from '../../connector.ts';
import { entityName, fullyQualifiedName } from '../../../openmetadata/names.ts';
import type { Annotator } from '../setup/annotator.ts';
import type { SalesforceApi } from '../api/api.ts';
import { codeOf } from '../setup/code.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { Lineage, LINEAGE_SOURCE } from '../lineage/lineage.ts';
import type { OrgModel } from '../lineage/org-model.ts';
import {
  Profiler,
  profilableOf,
  type Profilable,
  type ProfiledTable,
} from '../profiling/profile.ts';
import { readRecordCounts } from '../profiling/record-counts.ts';
import { completed } from '../lineage/roll-up-kinds.ts';
import { Sampler } from '../profiling/sample-rows.ts';
import type { SourceOptions } from '../options/source-options.ts';
import { LONGEST, sweepsOf } from './sweeps.ts';
import type { Table } from '../mapping/table.ts';

export interface AfterTablesOptions {
  readonly context: Pick<ConnectorContext, 'logger' | 'clock' | 'count' | 'cut'>;
  readonly api: SalesforceApi;
  readonly version: string;
  readonly origin: string;
  /** Fully qualified. */
  readonly databaseSchema: string;
  readonly options: SourceOptions;
  /** Names that the workflow asks for; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
  readonly annotator: Annotator;
  readonly model: OrgModel;
  /** Names of all objects that the org lists; undefined when they were not asked for, so that nothing is known to be gone. */
  readonly listed: readonly string[] | undefined;
}

/** What is said of tables once all of them are there: code, lineage, figures, and which are gone. */
export class AfterTables {
  readonly #options: AfterTablesOptions;
  /** Columns of each table of this run, by the object's name. */
  readonly #tables = new Map<string, number>();
  /** Kept only for a profile. */
  readonly #profilable = new Map<string, readonly Profilable[]>();
  readonly #sampler: Sampler | undefined;
  readonly #rollUps = new Map<string, Map<string, RollUp>>();
  /** Objects by name and by label, in lower case. */
  readonly #called = new Map<string, readonly string[]>();
  /** Tables that are not as they would be, had nothing failed on the way. */
  readonly #partly = new Set<string>();
  #codeOfOrg: readonly string[] | undefined;
  /** Picklists of which not all values were told. */
  readonly #cutPicklists: string[] = [];

  constructor(options: AfterTablesOptions) {
    this.#options = options;
    const {
      api,
      version,
      context: { logger, cut },
      options: { sampleRows },
    } = options;
    this.#sampler =
      sampleRows === undefined
        ? undefined
        : new Sampler({ api, version, logger, cut, ...sampleRows });
  }

  /** Notes a table that has been sent. `partly`: a passing error has kept some of it back. */
  add(object: string, table: Table, partly: boolean): void {
    const { request, properties } = table;
    if (partly) this.#partly.add(object);
    this.#tables.set(object, request.columns.length);
    if (this.#options.options.profileCalls > 0) this.#profilable.set(object, profilableOf(table));
    this.#sampler?.add(object, table);
    for (const [name, { picklist }] of Object.entries(properties.columns ?? {}))
      if (picklist?.total !== undefined) this.#cutPicklists.push(`${object}.${name}`);
    const rollUps = Object.entries(properties.columns ?? {}).flatMap(
      ([name, { rollUp }]): [string, RollUp][] => (rollUp === undefined ? [] : [[name, rollUp]]),
    );
    if (rollUps.length > 0) this.#rollUps.set(object, new Map(rollUps));
    for (const called of new Set([
      object.toLowerCase(),
      (request.displayName ?? object).toLowerCase(),
    ]))
      this.#called.set(called, [...(this.#called.get(called) ?? []), object]);
  }

  /** Code and lineage concern all objects of a run, so they are told when all were read. */
  async *records(
    signal: AbortSignal,
    whole: boolean,
  ): AsyncGenerator<
    | EntityRecord
    | LineageRecord
    | LineageSweepRecord
    | ProfileRecord
    | SampleDataRecord
    | SweepRecord,
    void,
    undefined
  > {
    this.#sayCutPicklists();
    if (whole) {
      yield* this.#code(signal);
      yield* this.#lineage();
    }
    yield* this.#figures(signal);
    yield* this.#samples(signal);
    yield* this.#sweeps();
  }

  #sayCutPicklists(): void {
    if (this.#cutPicklists.length === 0) return;
    this.#options.context.logger.log(
      'info',
      'Picklists have more values than a table holds; the first are reported, with the total',
      { picklists: this.#cutPicklists.length, first: this.#cutPicklists.slice(0, 10) },
    );
  }

  async *#code(signal: AbortSignal): AsyncGenerator<EntityRecord, void, undefined> {
    const { api, version, origin, databaseSchema, options, objectNames, annotator, context } =
      this.#options;
    if (!options.includeStoredProcedures || this.#tables.size === 0) return;
    const names = await annotator.objectNames();
    const objectName = (durableId: string): string | undefined => {
      const name = names.get(durableId);
      return name !== undefined && this.#tables.has(name) ? name : undefined;
    };
    const code = codeOf(
      await annotator.triggers,
      {
        api,
        version,
        logger: context.logger,
        cut: context.cut,
        databaseSchema,
        origin,
        bodies: options.includeDDL,
        passes: options.storedProcedurePasses,
        classes: objectNames === undefined,
        objectName,
        has: (name) => this.#tables.has(name),
      },
      signal,
    );
    let next = await code.next();
    for (; next.done !== true; next = await code.next()) {
      context.count('storedProcedures', 1);
      yield next.value;
    }
    // Without the names of objects no trigger was asked for, or nothing was readable.
    if (next.value.complete && names.size > 0) this.#codeOfOrg = next.value.fqns;
  }

  *#lineage(): Generator<LineageRecord | LineageSweepRecord, void, undefined> {
    const { databaseSchema, model, context } = this.#options;
    const fqn = (object: string, field?: string): string =>
      `${databaseSchema}.${fullyQualifiedName(...[object, ...(field === undefined ? [] : [field])].map(entityName))}`;
    const lineage = new Lineage({
      model,
      fqn,
      cut: context.cut,
      has: (object) => this.#tables.has(object),
      rollUps: this.#completeRollUps(),
    });
    const records = lineage.records();
    let next = records.next();
    for (; next.done !== true; next = records.next()) {
      context.count('lineage', 1);
      yield next.value;
    }
    const { formulas, unreadable, unresolved, incomplete } = next.value;
    if (formulas > 0)
      context.logger.log('info', 'Formulas have been read', {
        formulas,
        unreadable: unreadable.length,
        unresolved,
        ...(unreadable.length === 0 ? {} : { first: unreadable.slice(0, 10) }),
      });
    yield* this.#lineageSweep(incomplete);
  }

  /** Where lineage is gone, nothing else would ever say so. */
  *#lineageSweep(incomplete: ReadonlySet<string>): Generator<LineageSweepRecord, void, undefined> {
    const { databaseSchema, context } = this.#options;
    const tables = [...this.#tables.keys()]
      .filter((name) => !incomplete.has(name) && !this.#partly.has(name))
      .map(entityName)
      .toSorted();
    const record: LineageSweepRecord = {
      kind: 'lineageSweep',
      parent: databaseSchema,
      tables,
      source: LINEAGE_SOURCE,
    };
    const bytes = Buffer.byteLength(JSON.stringify(record));
    if (bytes > LONGEST)
      context.logger.log(
        'warn',
        'lineage that is gone stays in the catalog: too many tables to name',
        { tables: tables.length, bytes },
      );
    else if (tables.length > 0) yield record;
  }

  #completeRollUps(): ReadonlyMap<string, ReadonlyMap<string, RollUp>> {
    const { model } = this.#options;
    const relatives = {
      called: (name: string) => this.#called.get(name.toLowerCase()) ?? [],
      references: (object: string) => model.references(object),
    };
    return new Map(
      [...this.#rollUps].map(([object, fields]) => [
        object,
        new Map(
          [...fields].map(([field, rollUp]) => [field, completed(rollUp, object, relatives)]),
        ),
      ]),
    );
  }

  async *#figures(signal: AbortSignal): AsyncGenerator<ProfileRecord, void, undefined> {
    const { api, version, databaseSchema, options, context } = this.#options;
    if (this.#tables.size === 0) return;
    const counts = await readRecordCounts(api, version, context.logger, signal);
    const timestamp = context.clock.now();
    const profiler = new Profiler({
      api,
      version,
      logger: context.logger,
      maxApiCalls: options.profileCalls,
    });
    const tables = [...this.#tables].flatMap(([object, fields]): ProfiledTable[] => {
      const rows = counts.get(object);
      return rows === undefined
        ? []
        : [{ object, fields, rows, columns: this.#profilable.get(object) ?? [] }];
    });
    for await (const [{ object, rows, fields }, columnProfile] of profiler.profiles(
      tables,
      timestamp,
      signal,
    )) {
      const tableProfile = { timestamp, rowCount: rows, columnCount: fields };
      yield {
        kind: 'profile',
        table: `${databaseSchema}.${fullyQualifiedName(entityName(object))}`,
        request: { tableProfile, ...(columnProfile === undefined ? {} : { columnProfile }) },
      };
    }
  }

  async *#samples(signal: AbortSignal): AsyncGenerator<SampleDataRecord, void, undefined> {
    if (this.#sampler === undefined) return;
    for await (const record of this.#sampler.samples(signal)) {
      this.#options.context.count('samples', 1);
      yield record;
    }
  }

  *#sweeps(): Generator<SweepRecord, void, undefined> {
    const { databaseSchema, listed, options, objectNames } = this.#options;
    if (listed === undefined) return;
    const tables = listed.map(
      (name) => `${databaseSchema}.${fullyQualifiedName(entityName(name))}`,
    );
    yield* sweepsOf({ databaseSchema, tables, code: this.#codeOfOrg, objectNames }, options);
  }
}
