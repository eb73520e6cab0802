import type { Connector, ConnectorContext, Extracted } from '../../src/connectors/connector.ts';
import { IncrementalState } from '../../src/connectors/salesforce/incremental/incremental-state.ts';
import { parseStoredState } from '../../src/connectors/salesforce/incremental/stored-state.ts';
import type { ListedObject } from '../../src/connectors/salesforce/describe/object-list.ts';
import { sweepRecords } from '../../src/connectors/salesforce/finalize/sweeps.ts';
import type { EntityRecord, StepRecord } from '../../src/domain/record.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { RunnerError } from '../../src/runtime/errors.ts';
import type { Org, OrgObject, View } from './org.ts';
import type { SimulatedProcess } from './process.ts';

export const TYPE = 'Simulated';

export interface Extraction {
  readonly process: SimulatedProcess;
  readonly orgOf: (service: string) => Org;
  /** A new view of this worker's attempt. */
  readonly view: (service: string) => View;
}

/** Reads a simulated org the way the Salesforce connector reads a real one, and goes by the same memory. */
export function createExtractor({ process, orgOf, view }: Extraction): Connector {
  return {
    type: TYPE,
    secretFields: [],
    endpoints: () => [],
    ownNames: () => [],
    jobs: {
      test_connection: (context, signal) => steps(process, context.clock, signal),
      metadata: (context, signal) =>
        new Run(
          process,
          orgOf(context.workflow.source.serviceName),
          view(context.workflow.source.serviceName),
          context,
          signal,
        ).records(),
    },
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
  #told = 0;

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
    this.#schema = `${org.service}.default.simulated`;
  }

  async *records(): AsyncGenerator<Extracted> {
    const { memory, clock, workflow } = this.#context;
    await this.#call();
    const [key, now] = [workflow.source, clock.now()];
    const incrementalState = new IncrementalState(
      await memory?.recall((kept) => parseStoredState(kept, key, now)),
      key,
      now,
    );
    const listing = await this.#call();
    const date = new Date(this.#org.now).toUTCString();
    yield* this.#parents();
    if (incrementalState.complete && this.#isAsBefore(listing, incrementalState))
      yield* this.#nothingChanged(listing, incrementalState);
    else yield* this.#changed(listing, date, incrementalState);
  }

  async *#changed(
    listing: readonly OrgObject[],
    date: string,
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const { toRead, gone } = await this.#toRead(listing, incrementalState);
    const left = listing.filter((object) => !toRead.includes(object));
    for (const object of left) this.#keep(object, incrementalState, gone.has(object.name));
    yield* this.#unchanged(left.map(({ name }) => name));
    try {
      yield* this.#read(toRead, incrementalState);
      if (toRead.length === listing.length) incrementalState.markFinalized();
    } finally {
      this.#context.memory?.keep(incrementalState.snapshot(date, listing.length, []));
    }
    yield* sweepRecords(
      { type: 'table', parent: this.#schema },
      listing.map(({ name }) => this.#fqn(name)),
    );
  }

  /** The org answers after a while, with what it has by then. */
  async #call(): Promise<readonly OrgObject[]> {
    const { world } = this.#process;
    this.#org.called(this.#view, this.#process);
    await this.#context.clock.sleep(
      world.between(this.#org.slowest / 10, this.#org.slowest),
      this.#signal,
    );
    return [...this.#org.objects.values()];
  }

  #isAsBefore(listing: readonly OrgObject[], incrementalState: IncrementalState): boolean {
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

  async *#nothingChanged(
    listing: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const failed = new Set(incrementalState.failed.map(({ name }) => name));
    const asBefore = listing.filter(({ name }) => !failed.has(name));
    for (const object of asBefore) this.#keep(object, incrementalState);
    yield* this.#unchanged(asBefore.map(({ name }) => name));
    try {
      yield* this.#read(
        listing.filter(({ name }) => failed.has(name)),
        incrementalState,
      );
    } finally {
      this.#context.memory?.keep(
        incrementalState.snapshot(incrementalState.since ?? '', listing.length, []),
      );
    }
  }

  /** `gone`: objects that were deleted after they had been listed, so that nobody can tell whether they had changed before. */
  async #toRead(
    listing: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): Promise<{ readonly toRead: readonly OrgObject[]; readonly gone: ReadonlySet<string> }> {
    const { since } = incrementalState;
    if (since === undefined) return { toRead: listing, gone: new Set() };
    const found = await this.#call();
    const changed = new Set(
      found.filter(({ modified }) => modified >= Date.parse(since)).map(({ name }) => name),
    );
    const there = new Set(found.map(({ name }) => name));
    return {
      toRead: listing.filter(
        (object) => changed.has(object.name) || !incrementalState.isListedUnchanged(listed(object)),
      ),
      gone: new Set(listing.map(({ name }) => name).filter((name) => !there.has(name))),
    };
  }

  /** What is not looked at again is as it was when somebody asked what has changed. */
  #keep(object: OrgObject, incrementalState: IncrementalState, gone = false): void {
    incrementalState.carryOver(object.name);
    this.#view.objects.set(object.name, gone ? 'unread' : object.revision);
  }

  async *#read(
    objects: readonly OrgObject[],
    incrementalState: IncrementalState,
  ): AsyncGenerator<Extracted> {
    const asBefore: string[] = [];
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
        incrementalState.markFailed(listed(object));
        yield {
          kind: 'failure',
          failure: {
            ...new RunnerError(
              'SALESFORCE_UNEXPECTED',
              'the simulated org does not give it',
            ).toFailure(),
            name: object.name,
          },
        };
        continue;
      }
      this.#view.objects.set(now.name, now.revision);
      const record = this.#table(now);
      if (
        incrementalState.update(listed(object), this.#context.encode(record), 1) ||
        this.#context.memory === undefined
      )
        yield this.#numbered(record);
      else asBefore.push(object.name);
    }
    yield* this.#unchanged(asBefore);
  }

  *#unchanged(names: readonly string[]): Generator<Extracted> {
    if (names.length > 0)
      yield { kind: 'unchanged', type: 'table', fqns: names.map((name) => this.#fqn(name)) };
  }

  *#parents(): Generator<EntityRecord> {
    const { service } = this.#org;
    yield this.#numbered({
      kind: 'entity',
      type: 'databaseService',
      fqn: service,
      request: { name: service, serviceType: TYPE },
    });
    yield this.#numbered({
      kind: 'entity',
      type: 'database',
      fqn: `${service}.default`,
      request: { name: 'default', service },
    });
    yield this.#numbered({
      kind: 'entity',
      type: 'databaseSchema',
      fqn: this.#schema,
      request: { name: 'simulated', database: `${service}.default` },
    });
  }

  #table({ name, revision }: OrgObject): EntityRecord {
    const columns = Array.from({ length: 1 + ((revision * 7) % 9) }, (_, index) => ({
      name: `Column${index}`,
      dataType: 'STRING',
      description: `${revision} ${'x'.repeat((revision * 31) % 97)}`,
    }));
    return {
      kind: 'entity',
      type: 'table',
      fqn: this.#fqn(name),
      request: { name, description: String(revision), databaseSchema: this.#schema, columns },
    };
  }

  /** The number and the attempt show what was lost on the way, or came twice. */
  #numbered(record: EntityRecord): EntityRecord {
    this.#told += 1;
    return { ...record, properties: { told: this.#told, by: this.#view.attempt } };
  }

  #fqn(name: string): string {
    return `${this.#schema}.${name}`;
  }
}

function listed({ name }: OrgObject): ListedObject {
  return {
    name,
    label: name,
    labelPlural: name,
    custom: true,
    customSetting: false,
    keyPrefix: undefined,
    queryable: true,
    layoutable: true,
    associateEntityType: undefined,
    associateParentEntity: undefined,
  };
}
