import type { Connector, ConnectorContext, Extracted } from '../../src/connectors/connector.ts';
import { IncrementalState } from '../../src/connectors/salesforce/incremental/incremental-state.ts';
import { parseStoredState } from '../../src/connectors/salesforce/incremental/stored-state.ts';
import { sweepRecords } from '../../src/connectors/sweep-records.ts';
import type { EntityRecord, StepRecord } from '../../foundation/src/domain/record.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../src/connectors/salesforce/errors/errors.ts';
import { jobsOf } from '../support/connector-jobs.ts';
import { parentRecords, schemaOf, tableRecord, toListedObject, TYPE } from './org-records.ts';
import type { Org, OrgObject, View } from './org.ts';
import type { SimulatedProcess } from './process.ts';

export interface Extraction {
  readonly process: SimulatedProcess;
  readonly orgOf: (service: string) => Org;
  /** Creates the view of this worker's attempt. */
  readonly view: (service: string) => View;
}

/**
 * Reads a simulated org in the way of the Salesforce connector, with the same incremental state.
 */
export function createExtractor({ process, orgOf, view }: Extraction): Connector {
  return {
    type: TYPE,
    secretFields: [],
    endpoints: () => [],
    ownNames: () => [],
    jobs: jobsOf({
      test_connection: (context, signal) => steps(process, context.clock, signal),
      metadata: (context, signal) =>
        new Run(
          process,
          orgOf(context.workflow.source.serviceName),
          view(context.workflow.source.serviceName),
          context,
          signal,
        ).records(),
    }),
  };
}

async function* steps(
  { world }: SimulatedProcess,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<StepRecord> {
  for (const name of ['CheckAccess', 'GetTables']) {
    await clock.sleep(world.between(10, 300), signal);
    yield { kind: 'step', name, description: name, passed: true, mandatory: true, message: '' };
  }
}

class Run {
  readonly #process: SimulatedProcess;
  readonly #org: Org;
  readonly #view: View;
  readonly #context: ConnectorContext;
  readonly #signal: AbortSignal;
  readonly #schema: string;
  #number = 0;

  constructor(
    process: SimulatedProcess,
    org: Org,
    view: View,
    context: ConnectorContext,
    signal: AbortSignal,
  ) {
    this.#process = process;
    this.#org = org;
    this.#view = view;
    this.#context = context;
    this.#signal = signal;
    this.#schema = schemaOf(org.service);
  }

  async *records(): AsyncGenerator<Extracted> {
    const { stateStore, clock, workflow } = this.#context;
    await this.#call();
    const [key, now] = [workflow.source, clock.now()];
    const incrementalState = new IncrementalState(
      await stateStore?.load((state) => parseStoredState(state, key, now)),
      key,
      now,
    );
    const listing = await this.#call();
    const date = new Date(this.#org.now).toUTCString();
    yield* this.#parents();
    if (incrementalState.complete && this.#isUnchanged(listing, incrementalState))
      yield* this.#unchangedOrg(listing, incrementalState);
    else yield* this.#changedOrg(listing, date, incrementalState);
  }

  async *#changedOrg(
    listing: readonly OrgObject[],
    date: string,
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const { toRead, gone } = await this.#selectObjects(listing, incrementalState);
    const skipped = listing.filter((object) => !toRead.includes(object));
    for (const object of skipped) this.#keep(object, incrementalState, gone.has(object.name));
    yield* this.#unchanged(skipped.map(({ name }) => name));
    try {
      yield* this.#read(toRead, incrementalState);
      if (toRead.length === listing.length) incrementalState.markFinalized();
    } finally {
      this.#context.stateStore?.save(incrementalState.snapshot(date, listing.length, []));
    }
    yield* sweepRecords(
      { type: 'table', parent: this.#schema },
      listing.map(({ name }) => this.#fqn(name)),
    );
  }

  /** Lists the objects of the org at the end of a call. */
  async #call(): Promise<readonly OrgObject[]> {
    const { world } = this.#process;
    this.#org.called(this.#view, this.#process);
    await this.#context.clock.sleep(
      world.between(this.#org.slowest / 10, this.#org.slowest),
      this.#signal,
    );
    return [...this.#org.objects.values()];
  }

  #isUnchanged(listing: readonly OrgObject[], incrementalState: IncrementalState): boolean {
    const since = Date.parse(incrementalState.since ?? '');
    const known = new Set([
      ...incrementalState.names,
      ...incrementalState.failed.map(({ name }) => name),
    ]);
    return (
      listing.length === known.size &&
      listing.every(({ name, modified }) => known.has(name) && modified < since)
    );
  }

  async *#unchangedOrg(
    listing: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const failed = new Set(incrementalState.failed.map(({ name }) => name));
    const unchanged = listing.filter(({ name }) => !failed.has(name));
    for (const object of unchanged) this.#keep(object, incrementalState);
    yield* this.#unchanged(unchanged.map(({ name }) => name));
    try {
      yield* this.#read(
        listing.filter(({ name }) => failed.has(name)),
        incrementalState,
      );
    } finally {
      this.#context.stateStore?.save(
        incrementalState.snapshot(incrementalState.since ?? '', listing.length, []),
      );
    }
  }

  /**
   * `gone` are objects that were deleted after they had been listed, so that an earlier change of
   * them is unknown.
   */
  async #selectObjects(
    listing: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): Promise<{ readonly toRead: readonly OrgObject[]; readonly gone: ReadonlySet<string> }> {
    const { since } = incrementalState;
    if (since === undefined) return { toRead: listing, gone: new Set() };
    const found = await this.#call();
    const changed = new Set(
      found.filter(({ modified }) => modified >= Date.parse(since)).map(({ name }) => name),
    );
    const existing = new Set(found.map(({ name }) => name));
    return {
      toRead: listing.filter(
        (object) =>
          changed.has(object.name) || !incrementalState.isListedUnchanged(toListedObject(object)),
      ),
      gone: new Set(listing.map(({ name }) => name).filter((name) => !existing.has(name))),
    };
  }

  /** An object that is not read again is as it was at the query for changes. */
  #keep(object: OrgObject, incrementalState: IncrementalState, gone = false): void {
    incrementalState.carryOver(object.name);
    this.#view.objects.set(object.name, gone ? 'unread' : object.revision);
  }

  async *#read(
    objects: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const unchanged: string[] = [];
    for (const [index, object] of objects.entries()) {
      this.#context.report({
        phase: 'describe',
        done: index,
        total: objects.length,
        apiCalls: index,
      });
      const now = (await this.#call()).find(({ name }) => name === object.name);
      if (now === undefined || this.#process.world.chance(this.#org.failing)) {
        this.#view.objects.set(object.name, 'unread');
        incrementalState.markFailed(toListedObject(object));
        yield {
          kind: 'failure',
          failure: {
            ...new RunnerError(
              'SALESFORCE_UNEXPECTED',
              'the simulated org does not return the object',
            ).toFailure(),
            name: object.name,
          },
        };
        continue;
      }
      this.#view.objects.set(now.name, now.revision);
      const record = tableRecord(this.#schema, now);
      if (
        incrementalState.update(toListedObject(object), this.#context.encode(record), 1) ||
        this.#context.stateStore === undefined
      )
        yield this.#numbered(record);
      else unchanged.push(object.name);
    }
    yield* this.#unchanged(unchanged);
  }

  *#unchanged(names: readonly string[]): Generator<Extracted> {
    if (names.length > 0)
      yield { kind: 'unchanged', type: 'table', fqns: names.map((name) => this.#fqn(name)) };
  }

  *#parents(): Generator<EntityRecord> {
    for (const record of parentRecords(this.#org.service)) yield this.#numbered(record);
  }

  /** The number and the attempt reveal lost and duplicate records. */
  #numbered(record: EntityRecord): EntityRecord {
    this.#number += 1;
    return { ...record, properties: { number: this.#number, attempt: this.#view.attempt } };
  }

  #fqn(name: string): string {
    return `${this.#schema}.${name}`;
  }
}
