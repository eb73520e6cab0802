import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { Extracted } from '../../connector.ts';
import { MAX_PARTS } from '../api/composite.ts';
import { MAX_ROWS } from '../api/soql.ts';
import { CALLS_TO_SPARE } from '../describe/describe-call.ts';
import { isDescribable } from '../describe/object-kind.ts';
import { AfterTables } from '../finalize/after-tables.ts';
import { OrgModel } from '../lineage/org-model.ts';
import { labelsIn, TagAnnouncer } from '../mapping/governance.ts';
import type { TableContext } from '../mapping/table.ts';
import { type ObjectSize, ToolingReader } from '../setup/tooling-reader.ts';
import type { RunContext, Scope } from './run-context.ts';
import { type Outcome, tablesOf, type TablesDeps } from './table-stream.ts';
import { unchangedRecords } from './unchanged-records.ts';

/** More than the definitions under way and what follows the tables take, in any org. */
const CALLS_AFTER_DEFINITIONS = 60;

/** The collaborators of one pass over the tables. */
interface TablePass extends Omit<TablesDeps, 'onLastDefinitions'> {
  readonly toolingReader: ToolingReader;
}

type ReadOutcome = Exclude<Outcome, { readonly unchanged: true }>;

/** The tables of a run, then the records that depend on all of them. */
export async function* extractTables(
  run: RunContext,
  scope: Scope,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const pass = tablePass(run, scope, signal);
  const afterTables = createAfterTables(run, scope, pass);
  const recorder = new TableRecorder(run, afterTables);
  const onLastDefinitions = (): void => beginAfterTables(run, scope, afterTables, signal);
  try {
    for await (const outcome of tablesOf(scope.objects, { ...pass, onLastDefinitions }, signal))
      yield* recorder.record(outcome);
  } catch (thrown) {
    // What has been read counts, even if the calls run out before the rest is read.
    yield* unchangedRecords(run, recorder.unchanged);
    throw thrown;
  }
  yield* unchangedRecords(run, recorder.unchanged);
  const readAll = scope.objects.length - recorder.notModified === scope.selected.length;
  yield* afterTables.records(signal, readAll);
  if (readAll) run.state.markFinalized();
}

/** Whether the source of triggers is read, which comes with their rows. */
export function readsTriggerSource({
  includeStoredProcedures,
  includeDDL,
}: RunContext['options']): boolean {
  return includeStoredProcedures && includeDDL;
}

function tablePass(run: RunContext, scope: Scope, signal: AbortSignal): TablePass {
  const { context, org, version, origin, place, progress } = run;
  const { includeTags, includeOwners } = run.options;
  const toolingReader = new ToolingReader(
    {
      api: org.api,
      version,
      logger: context.logger,
      tags: includeTags,
      owners: includeOwners,
      bodies: readsTriggerSource(run.options),
      firstAnswers: scope.firstAnswers,
      entities: scope.entities,
      sizes: knownSizes(run, scope),
    },
    scope.objects,
    signal,
  );
  const mapping: TableContext = {
    ...place,
    database: entityName(place.database),
    origin,
    selected: new Set(scope.selected),
  };
  const { clock } = context;
  const model = new OrgModel();
  return { org, version, clock, toolingReader, model, mapping, progress, since: scope.since };
}

/**
 * The objects with the sizes of their last tables, if one query holds the fields of all of them: it
 * then need not wait for their describes. Undefined if a describe may make it unnecessary, or might
 * lack the call.
 */
function knownSizes(
  { state, org }: RunContext,
  { objects, since }: Scope,
): readonly ObjectSize[] | undefined {
  if (!org.api.leaves(CALLS_TO_SPARE)) return undefined;
  const sizes = objects.filter(isDescribable).map((listed) => ({
    listed,
    fields: since(listed) === undefined ? (state.columnsOf(listed.name) ?? Infinity) : Infinity,
  }));
  return sizes.reduce((sum, { fields }) => sum + fields, 0) <= MAX_ROWS ? sizes : undefined;
}

/**
 * Reads what depends on no table beside the last describes, unless the calls that remain might not
 * suffice for both. Of an object that is not modified nothing is read, and then no code is sent.
 */
function beginAfterTables(
  { org }: RunContext,
  { objects, selected, since }: Scope,
  afterTables: AfterTables,
  signal: AbortSignal,
): void {
  if (!org.api.leaves(Math.ceil(objects.length / MAX_PARTS) + CALLS_AFTER_DEFINITIONS)) return;
  const readsAll =
    objects.length === selected.length && objects.every((object) => since(object) === undefined);
  afterTables.begin({ code: readsAll }, signal);
}

function createAfterTables(
  { context, org, version, origin, options, connection }: RunContext,
  { listed }: Scope,
  { toolingReader, model, mapping }: TablePass,
): AfterTables {
  return new AfterTables({
    context,
    api: org.api,
    version,
    origin,
    databaseSchema: fullyQualifiedName(mapping.service, mapping.database, mapping.schema),
    options,
    objectNames: connection.objectNames,
    toolingReader,
    model,
    listed,
  });
}

/**
 * Turns outcomes into records and keeps the incremental state in step with what the catalog will
 * hold.
 */
class TableRecorder {
  readonly #run: RunContext;
  readonly #afterTables: AfterTables;
  readonly #tags = new TagAnnouncer();
  readonly #unchanged: string[] = [];
  #notModified = 0;

  constructor(run: RunContext, afterTables: AfterTables) {
    this.#run = run;
    this.#afterTables = afterTables;
  }

  /** Names of tables that are the same as in the previous run. */
  get unchanged(): readonly string[] {
    return this.#unchanged;
  }

  /** How many of these a conditional describe found not modified, so that they were not read. */
  get notModified(): number {
    return this.#notModified;
  }

  *record(outcome: Outcome): Generator<Extracted, void, undefined> {
    const { name } = outcome.listed;
    if ('unchanged' in outcome) {
      this.#run.state.carryOver(name);
      this.#notModified += 1;
      this.#unchanged.push(name);
      return;
    }
    if ('table' in outcome) {
      const { table, partial } = outcome;
      this.#run.context.count('objects', 1);
      this.#run.context.count('fields', table.request.columns.length);
      yield* this.#tags.announce(labelsIn(table.request));
      this.#afterTables.add(name, table, partial);
    }
    if (this.#hasChanged(outcome)) yield outcome.record;
    else this.#unchanged.push(name);
    // Only after the record was written it is known whether it was withheld.
    if (this.#needsRetry(outcome)) this.#run.state.markFailed(outcome.listed);
  }

  #hasChanged(outcome: ReadOutcome): boolean {
    const { state, context } = this.#run;
    if (!('table' in outcome) || outcome.partial || context.stateStore === undefined) return true;
    const { listed, record, table } = outcome;
    return state.update(listed, context.encode(record), table.request.columns.length);
  }

  /** Whether the catalog will lack the table, or a part of it, after this run. */
  #needsRetry(outcome: ReadOutcome): boolean {
    return (
      !('table' in outcome) ||
      outcome.partial ||
      this.#run.context.stateStore?.isWithheld(outcome.record.fqn) === true
    );
  }
}
