import type { FailureRecord, UnchangedRecord } from '../../../domain/record.ts';
import { entityName, fullyQualifiedName } from '../../../openmetadata/names.ts';
import { parentRecords } from './parent-records.ts';
import { RunnerError } from '../errors/errors.ts';
import type { ConnectorContext, Extracted } from '../../connector.ts';
import { chooseVersion } from '../api/api-version.ts';
import { readAllocation } from '../api/budget.ts';
import { type Listing, listObjectsSince } from '../describe/object-list.ts';
import { changedSince } from '../incremental/changes.ts';
import { fieldsDeleted } from '../incremental/deleted-fields.ts';
import { standardFieldsChanged } from '../incremental/standard-fields.ts';
import type { Connection } from '../sign-in/connection.ts';
import { AfterTables } from '../finalize/after-tables.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { Annotator } from '../setup/annotator.ts';
import { IncrementalState, stateOf } from '../incremental/incremental-state.ts';
import { retryFailed } from '../incremental/retry-failed.ts';
import { labelsIn, TagAnnouncer } from '../mapping/governance.ts';
import type { Org } from '../api/org.ts';
import { OrgModel } from '../lineage/org-model.ts';
import type { ProgressReport } from './progress-report.ts';
import { selectObjects, type Selection } from '../options/selection.ts';
import { readSourceOptions, type Place, type SourceOptions } from '../options/source-options.ts';
import type { TableContext } from '../mapping/table.ts';
import { failureOf, type Outcome, tablesOf } from './table-stream.ts';
import { withinBudget } from '../api/within-budget.ts';

export const SCHEMA = 'salesforce';
/** Names in one record, which has to fit a frame of the protocol. */
const MOST_UNCHANGED = 500;

/** What is read in one run, and in view of what. */
interface Reading {
  readonly objects: readonly ListedObject[];
  /** See DescribesOptions. */
  readonly since: (object: ListedObject) => string | undefined;
  /** Names of all objects that the run is about. */
  readonly selected: readonly string[];
  /** Names of all objects of the org; undefined when they were not asked for. */
  readonly listed: readonly string[] | undefined;
  readonly incrementalState: IncrementalState;
  readonly version: string;
  readonly origin: string;
}

/** One run of metadata over one org, streamed: parents first, then tables and failures as they come. */
export class Extraction {
  readonly #connection: Connection;
  readonly #context: ConnectorContext;
  readonly #org: Org;
  readonly #progress: ProgressReport;
  readonly #place: Place;
  readonly #options: SourceOptions;

  /** Throws JOB_INVALID for options that cannot be understood, before anything is sent. */
  constructor(
    connection: Connection,
    context: ConnectorContext,
    org: Org,
    progress: ProgressReport,
  ) {
    this.#connection = connection;
    this.#context = context;
    this.#org = org;
    this.#progress = progress;
    const { serviceName, sourceConfig } = context.workflow.source;
    this.#place = { service: serviceName, database: connection.databaseName, schema: SCHEMA };
    this.#options = readSourceOptions(sourceConfig.config, this.#place);
  }

  async *run(signal: AbortSignal): AsyncGenerator<Extracted, void, undefined> {
    this.#noticeIgnored();
    if (this.#options.databasePasses && this.#options.schemaPasses)
      yield* withinBudget(this.#everything(signal), this.#context.logger);
    else this.#noticeNothing();
  }

  async *#everything(signal: AbortSignal): AsyncGenerator<Extracted, void, undefined> {
    const { api, sessions } = this.#org;
    this.#progress.at('sign-in', 0, 1);
    const session = await sessions.current(signal);
    const version = await chooseVersion(
      api,
      this.#connection.apiVersion,
      this.#context.logger,
      signal,
    );
    this.#progress.at('catalogue', 0, 1);
    await readAllocation(api, version, this.#context.logger, signal);
    const incrementalState = await this.#recall(version);
    const listing = await listObjectsSince(
      api,
      version,
      incrementalState.complete ? incrementalState.since : undefined,
      signal,
    );
    yield* parentRecords(this.#place, session.origin);
    if (listing === 'unchanged')
      yield* this.#nothingChanged(incrementalState, version, session.origin, signal);
    else yield* this.#listed(listing, incrementalState, version, session.origin, signal);
    this.#sayUsage();
  }

  /** What the last run of the same job saw. All that decides what a run gives is part of what it is known by. */
  async #recall(version: string): Promise<IncrementalState> {
    const { memory, clock, workflow } = this.#context;
    const [key, now] = [[version, workflow.source], clock.now()];
    const before = this.#options.incremental
      ? await memory?.recall((kept) => stateOf(kept, key, now))
      : undefined;
    return new IncrementalState(before, key, now);
  }

  /** Everything is as the last run left it, what it could not tell as well; but the reason for that may have passed. */
  async *#nothingChanged(
    incrementalState: IncrementalState,
    version: string,
    origin: string,
    signal: AbortSignal,
  ): AsyncGenerator<Extracted, void, undefined> {
    const { names, failed, missing, since = '' } = incrementalState;
    const selected = [...names, ...failed.map(({ name }) => name)];
    for (const name of names) incrementalState.keep(name);
    this.#context.logger.log('info', 'Nothing changed in the org since the last run', {
      objects: selected.length,
      failed: failed.length,
      since,
    });
    yield* this.#missing(missing);
    yield* this.#unchanged(names);
    try {
      yield* this.#retryFailed(failed, { selected, incrementalState, version, origin }, signal);
    } finally {
      this.#context.memory?.keep(incrementalState.state(since, selected.length, missing));
    }
    this.#progress.at('mapping', selected.length, selected.length);
  }

  async *#retryFailed(
    objects: readonly ListedObject[],
    reading: Pick<Reading, 'selected' | 'incrementalState' | 'version' | 'origin'>,
    signal: AbortSignal,
  ): AsyncGenerator<Extracted, void, undefined> {
    const { api, limit, pause } = this.#org;
    const { readable, failed } = await retryFailed(
      objects,
      { api, version: reading.version, limit, pause },
      signal,
    );
    for (const { listed, error } of failed) {
      reading.incrementalState.fail(listed);
      yield failureOf(listed.name, error);
    }
    if (readable.length > 0)
      yield* this.#tables(
        { ...reading, objects: readable, since: () => undefined, listed: undefined },
        signal,
      );
  }

  /** By position: a name that comes back would show whether it is a secret, by whether it comes back redacted. */
  *#missing(names: readonly string[]): Generator<FailureRecord, void, undefined> {
    const { objectNames = [], objectPlaces } = this.#connection;
    for (const name of names) {
      const place = objectPlaces[objectNames.indexOf(name)] ?? 'sobjectNames';
      yield failureOf(
        place,
        new RunnerError(
          'SALESFORCE_NOT_FOUND',
          `${place}: the org does not list an object of this name`,
        ),
      );
    }
  }

  async *#listed(
    listing: Listing,
    incrementalState: IncrementalState,
    version: string,
    origin: string,
    signal: AbortSignal,
  ): AsyncGenerator<Extracted, void, undefined> {
    const selection = selectObjects(listing.objects, this.#connection.objectNames, this.#options);
    this.#announce(selection, version);
    yield* this.#missing(selection.missing);
    const { objects, since } = await this.#toRead(
      selection.objects,
      listing.date,
      incrementalState,
      version,
      signal,
    );
    const left = selection.objects
      .filter((object) => !objects.includes(object))
      .map(({ name }) => name);
    for (const name of left) incrementalState.keep(name);
    yield* this.#unchanged(left);
    try {
      const selected = selection.objects.map(({ name }) => name);
      yield* this.#tables(
        {
          objects,
          since,
          selected,
          listed: listing.objects.map(({ name }) => name),
          incrementalState,
          version,
          origin,
        },
        signal,
      );
    } finally {
      this.#context.memory?.keep(
        listing.date === ''
          ? undefined
          : incrementalState.state(listing.date, selection.objects.length, selection.missing),
      );
    }
    this.#progress.at('mapping', selection.objects.length, selection.objects.length);
  }

  /**
   * The objects that may have changed since the last run, those that it could not read first; all of them where there was
   * none. Where only their describes can be read, these are asked for on the condition that they have changed.
   */
  async #toRead(
    objects: readonly ListedObject[],
    listedAt: string,
    incrementalState: IncrementalState,
    version: string,
    signal: AbortSignal,
  ): Promise<Pick<Reading, 'objects' | 'since'>> {
    const { since } = incrementalState;
    const all = { objects, since: () => undefined };
    const target = { api: this.#org.api, version, logger: this.#context.logger };
    if (this.#context.memory === undefined || listedAt === '') return all;
    if (since === undefined) {
      await fieldsDeleted(target, incrementalState, listedAt, signal);
      return all;
    }
    const fields = (object: ListedObject): number => incrementalState.columnsOf(object.name) ?? 0;
    const [deleted, changed, relabeled] = await Promise.all([
      fieldsDeleted(target, incrementalState, listedAt, signal),
      changedSince(target, objects, since, signal),
      standardFieldsChanged(target, objects, fields, since, signal),
    ]);
    if (changed === 'closed')
      return {
        objects,
        since: (object) => (incrementalState.isListedAlike(object) ? since : undefined),
      };
    if (changed === 'tooMuch' || deleted) return all;
    const isChanged = (name: string | undefined): boolean =>
      name !== undefined && (changed.has(name) || relabeled.has(name));
    const toRead = objects.filter(
      (object) =>
        !incrementalState.isListedAlike(object) ||
        isChanged(object.name) ||
        isChanged(object.associateParentEntity),
    );
    this.#context.logger.log(
      'info',
      'Objects changed since the last run; the others are as they were',
      { objects: toRead.length, since },
    );
    return { ...all, objects: toRead };
  }

  *#unchanged(names: readonly string[]): Generator<UnchangedRecord, void, undefined> {
    const { service, database, schema } = this.#place;
    for (let at = 0; at < names.length; at += MOST_UNCHANGED) {
      const fqns = names
        .slice(at, at + MOST_UNCHANGED)
        .map((name) => fullyQualifiedName(service, entityName(database), schema, entityName(name)));
      this.#context.count('unchanged', fqns.length);
      yield { kind: 'unchanged', type: 'table', fqns };
    }
  }

  async *#tables(
    { objects, since, selected, listed, incrementalState, version, origin }: Reading,
    signal: AbortSignal,
  ): AsyncGenerator<Extracted, void, undefined> {
    const { api } = this.#org;
    const { includeTags, includeOwners, includeStoredProcedures, includeDDL } = this.#options;
    const annotator = new Annotator(
      {
        api,
        version,
        logger: this.#context.logger,
        tags: includeTags,
        owners: includeOwners,
        bodies: includeStoredProcedures && includeDDL,
      },
      objects,
      signal,
    );
    const mapping: TableContext = {
      ...this.#place,
      database: entityName(this.#place.database),
      origin,
      selected: new Set(selected),
    };
    const model = new OrgModel();
    const databaseSchema = fullyQualifiedName(this.#place.service, mapping.database, SCHEMA);
    const afterTables = new AfterTables({
      context: this.#context,
      api,
      version,
      origin,
      databaseSchema,
      options: this.#options,
      objectNames: this.#connection.objectNames,
      annotator,
      model,
      listed,
    });
    const tags = new TagAnnouncer();
    const asBefore: string[] = [];
    let conditional = 0;
    try {
      for await (const outcome of tablesOf(
        objects,
        {
          org: this.#org,
          version,
          clock: this.#context.clock,
          annotator,
          model,
          mapping,
          progress: this.#progress,
          since,
        },
        signal,
      )) {
        const {
          listed: { name },
        } = outcome;
        if ('unchanged' in outcome) {
          incrementalState.keep(name);
          conditional += 1;
          asBefore.push(name);
          continue;
        }
        if ('table' in outcome) {
          const { table } = outcome;
          this.#context.count('objects', 1);
          this.#context.count('fields', table.request.columns.length);
          yield* tags.announce(labelsIn(table.request));
          afterTables.add(name, table, outcome.partly);
        }
        if (this.#isNews(outcome, incrementalState)) yield outcome.record;
        else asBefore.push(name);
        if (this.#isToBeReadAgain(outcome)) incrementalState.fail(outcome.listed);
      }
    } catch (thrown) {
      // What has been read counts, wherever the calls for the rest run out.
      yield* this.#unchanged(asBefore);
      throw thrown;
    }
    yield* this.#unchanged(asBefore);
    const whole = objects.length - conditional === selected.length;
    yield* afterTables.records(signal, whole);
    if (whole) incrementalState.close();
  }

  /** Whether the last run told something else, or failed. */
  #isNews(
    outcome: Exclude<Outcome, { unchanged: true }>,
    incrementalState: IncrementalState,
  ): boolean {
    if (!('table' in outcome) || outcome.partly || this.#context.memory === undefined) return true;
    return incrementalState.isNews(
      outcome.listed,
      this.#context.encode(outcome.record),
      outcome.table.request.columns.length,
    );
  }

  /** Whether the catalog does not have the table, or not all of it, once this run is there. Asked when the record has been written. */
  #isToBeReadAgain(outcome: Exclude<Outcome, { unchanged: true }>): boolean {
    return (
      !('table' in outcome) ||
      outcome.partly ||
      this.#context.memory?.isWithheld(outcome.record.fqn) === true
    );
  }

  #noticeIgnored(): void {
    const { ignored, unknown } = this.#options;
    const options = [
      ...this.#connection.ignored,
      ...ignored.map((name) => `sourceConfig.config.${name}`),
    ];
    if (options.length > 0 || unknown > 0)
      this.#context.logger.log('info', 'Options that were given and have no effect', {
        options,
        ...(unknown === 0 ? {} : { unknownOptions: unknown }),
      });
  }

  #noticeNothing(): void {
    const what = this.#options.databasePasses ? 'schemaFilterPattern' : 'databaseFilterPattern';
    this.#context.logger.log(
      'warn',
      `Nothing is extracted: the ${what} leaves out the only ${what.startsWith('schema') ? 'schema' : 'database'} there is`,
    );
  }

  #announce({ objects, filtered, missing }: Selection, version: string): void {
    if (filtered > 0) this.#context.count('filtered', filtered);
    this.#context.logger.log('info', 'Extracting objects', {
      objects: objects.length,
      filtered,
      missing: missing.length,
      apiVersion: version,
    });
    if (objects.length === 0)
      this.#context.logger.log(
        'warn',
        'No object is left to extract; check sobjectNames, the filters, and what the user may see',
      );
  }

  #sayUsage(): void {
    const { usage } = this.#org.api;
    this.#context.logger.log('info', 'All objects have been read', {
      apiCalls: this.#org.charged(),
      ...(usage === undefined ? {} : { usedOf24Hours: usage.used, allocation: usage.limit }),
    });
  }
}
