import type { EntityRecord, OutcomeStatus } from '../../domain/record.ts';
import type { Connect, ConnectOptions } from '../../network/connect.ts';
import type { Logger } from '../../observability/logger.ts';
import { withDeadline } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { SecretSource } from '../../secrets/secret.ts';
import { EntityWriter } from './entity-writer.ts';
import { LineageWriter } from './lineage-writer.ts';
import { Lanes } from './lanes.ts';
import { ParentWriter } from './parent-writer.ts';
import { endedStatus, runningStatus, type Pipeline, type PipelineStatus } from './pipeline-status.ts';
import type { DeletionRecord, LineageRecord, MetadataSink, ProfileRecord, SinkOutcome, SinkRecord, SinkReport, SweepRecord } from './records.ts';
import { putSample, sampleOf } from './sample-writer.ts';
import { MetadataServer } from './server.ts';
import { Sweeper } from './sweeper.ts';
import { TableIndex } from './table-index.ts';
import { TableWriter } from './table-writer.ts';
import { Tally } from './tally.ts';
import { Transport } from './transport.ts';

export interface MetadataRestSinkOptions {
  /** `openMetadataServerConfig.hostPort`: `https://catalog.example.com/api`. */
  readonly hostPort: string;
  /** The bot's token. Read again when the server refuses it, so that it may be rotated during a run. */
  readonly jwtToken: SecretSource;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The server's `sslConfig`. */
  readonly tls?: NonNullable<ConnectOptions['tls']>;
  /** `sourceConfig.config.overrideMetadata`: put the source's descriptions, display names and owners over people's. Default false. */
  readonly overrideMetadata?: boolean;
  /** Least share, in percent, of what came that has to arrive for the run not to have failed. Default 0. */
  readonly successThreshold?: number;
  /** Where to say how the run goes; nowhere by default. */
  readonly pipeline?: Pipeline;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
  /** Tables, and bytes of JSON, in one request at most. Default 100 and 4 MiB. */
  readonly batch?: { readonly tables: number; readonly bytes: number };
  /** Default: 6 tries, pauses up to 0.5 s doubling to 30 s. */
  readonly retry?: { readonly tries: number; readonly baseMs: number; readonly capMs: number };
  /** For one try of one request, in milliseconds. Default 120,000: a large bulk keeps a server busy. */
  readonly timeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** For telling the status of a run that was stopped, or to a server that has failed already. */
const LAST_WORDS_MS = 5000;

const never = new AbortController().signal;

/** A sink that writes to an OpenMetadata server (1.8 or later; tables in bulk where it can) as OpenMetadata's own `metadata-rest`. Throws INPUT_INVALID for `hostPort`. */
export function createMetadataRestSink(options: MetadataRestSinkOptions): MetadataSink {
  const { hostPort, connect, jwtToken, clock, random, logger, concurrency = 4, overrideMetadata = false, timeoutMs = 120_000 } = options;
  const transport = new Transport({ hostPort, connect, tls: options.tls ?? {}, connections: concurrency, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  if (transport.plain) logger.log('warn', 'the bot token goes to the OpenMetadata server unencrypted', { hostPort });
  const retry = { tries: 6, baseMs: 500, capMs: 30_000, stableMs: 0, ...options.retry };
  const server = new MetadataServer({ transport, jwtToken, clock, random, logger, retry, timeoutMs });
  const entities = new EntityWriter(server, overrideMetadata);
  const index = new TableIndex(server);
  const tally = new Tally();
  const lanes = new Lanes(concurrency);
  const batch = options.batch ?? { tables: 100, bytes: 4 * 1024 * 1024 };
  const tables = new TableWriter({ server, entities, index, tally, lanes, overrideMetadata, batch });
  const parents = new ParentWriter(server, entities, index);
  return new MetadataRestSink({ transport, server, entities, index, tally, lanes, tables, parents, lineage: new LineageWriter(server, index), sweeper: new Sweeper(server, index, logger), clock, logger, pipeline: options.pipeline, successThreshold: options.successThreshold ?? 0 });
}

interface Parts {
  readonly transport: Transport;
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
  readonly tables: TableWriter;
  readonly parents: ParentWriter;
  readonly lineage: LineageWriter;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pipeline: Pipeline | undefined;
  readonly successThreshold: number;
}

type State = { readonly kind: 'fresh' } | { readonly kind: 'open' } | { readonly kind: 'broken'; readonly error: RunnerError } | { readonly kind: 'finished' };

class MetadataRestSink implements MetadataSink {
  readonly #parts: Parts;
  readonly #ending = new AbortController();
  #callers: { readonly signal: AbortSignal; readonly until: AbortSignal } | undefined;
  #state: State = { kind: 'fresh' };
  #phase = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async write(record: SinkRecord, signal: AbortSignal): Promise<void> {
    if (this.#state.kind === 'finished') throw new RunnerError('INTERNAL', 'the sink is finished');
    const until = this.#until(signal);
    await this.#guarded(async () => {
      if (this.#state.kind === 'fresh') await this.#begin(until);
      await this.#take(record, until);
    });
  }

  async finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport> {
    const { tally, pipeline, clock } = this.#parts;
    const error = await this.#drain(this.#until(signal));
    const status = this.#finalStatus(outcome.status, error, signal.aborted);
    this.#state = { kind: 'finished' };
    if (pipeline !== undefined) {
      const told = endedStatus(pipeline, status, outcome.startedAt, outcome.endedAt, [...outcome.steps, tally.step]);
      if (error === undefined && !signal.aborted) await this.#tell(told, signal);
      else await withDeadline('telling the status', LAST_WORDS_MS, clock, never, (ends) => this.#tell(told, ends)).catch(() => undefined);
    }
    return { status, counts: tally.counts, failures: tally.failures, ...(error === undefined ? {} : { error: error.toFailure() }), step: tally.step };
  }

  async close(): Promise<void> {
    this.#ending.abort(new RunnerError('ABORTED', 'the sink was closed'));
    await this.#parts.transport.close();
  }

  /** Waits for all that is under way; the answer is what ended the run early, if anything did. */
  async #drain(until: AbortSignal): Promise<RunnerError | undefined> {
    const { tables, lanes } = this.#parts;
    try {
      await this.#guarded(async () => {
        await tables.complete(until);
        await lanes.settle();
      });
      return undefined;
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  }

  /** The caller's signal, or the end of the sink. */
  #until(signal: AbortSignal): AbortSignal {
    if (this.#callers?.signal !== signal) this.#callers = { signal, until: AbortSignal.any([signal, this.#ending.signal]) };
    return this.#callers.until;
  }

  /** Remembers what ended the run, and ends what is still under way: whoever writes next gets the same error. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#state.kind === 'broken') throw this.#state.error;
    try {
      await work();
    } catch (thrown) {
      const error = RunnerError.from(thrown, 'SINK_FAILED');
      this.#state = { kind: 'broken', error };
      this.#ending.abort(error);
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { pipeline, clock } = this.#parts;
    this.#state = { kind: 'open' };
    if (pipeline !== undefined) await this.#tell(runningStatus(pipeline, clock.now()), signal);
  }

  async #take(record: SinkRecord, signal: AbortSignal): Promise<void> {
    const { tables, parents, server, index } = this.#parts;
    const phase = record.kind === 'entity' ? record.type : record.kind;
    if (phase !== 'classification' && phase !== 'tag') await this.#enter(phase, signal);
    switch (record.kind) {
      case 'entity': return record.type === 'table' ? tables.add(record, signal) : record.type === 'storedProcedure' ? this.#addCode(record, signal) : this.#putParent(record, signal);
      case 'classification': return this.#make(record.name, () => parents.putClassification(record, signal), signal);
      case 'tag': return this.#make(`${record.classification}.${record.name}`, () => parents.putTag(record, signal), signal);
      case 'lineage': return this.#addLineage(record, signal);
      case 'profile': return this.#addProfile(record, signal);
      case 'sampleData': return this.#start(sampleOf(record.table), 'samples', signal, () => putSample(record, server, index, signal));
      case 'deletion': return this.#delete(record, signal);
      case 'sweep': return this.#sweep(record, signal);
    }
  }

  /**
   * Records of one kind may overtake each other; those of the next kind build on them, and wait until they have arrived.
   * Tags build on nothing that could be on its way: they come between tables and hold nothing up.
   */
  async #enter(phase: string, signal: AbortSignal): Promise<void> {
    const { tables, lanes } = this.#parts;
    if (phase === this.#phase) return;
    this.#phase = phase;
    await tables.flush(signal);
    await lanes.settle();
  }

  /** Without its schema no table can be put, so that a failure here ends the run. */
  async #putParent(record: EntityRecord, signal: AbortSignal): Promise<void> {
    const { parents, tally } = this.#parts;
    tally.count((await parents.put(record, signal)) ? 'written' : 'unchanged');
  }

  async #make(name: string, make: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    let made = false;
    await this.#parts.tally.attempt(name, 'tags', signal, async () => {
      made = await make();
    });
    if (!made) return;
    this.#parts.logger.log('debug', 'a tag or classification was made', { name });
  }

  async #addCode(record: EntityRecord, signal: AbortSignal): Promise<void> {
    await this.#start(record.fqn, 'storedProcedures', signal, async () => {
      await this.#parts.parents.put(record, signal);
    });
  }

  async #addLineage(record: LineageRecord, signal: AbortSignal): Promise<void> {
    await this.#start(`lineage from "${record.from}" to "${record.to}"`, 'lineage', signal, () => this.#parts.lineage.put(record, signal));
  }

  async #addProfile({ table, request }: ProfileRecord, signal: AbortSignal): Promise<void> {
    const { index, server } = this.#parts;
    const what = `profile of "${table}"`;
    await this.#start(what, 'profiles', signal, async () => {
      await server.send({ method: 'PUT', path: `/tables/${await index.id(table, signal)}/tableProfile`, what, body: request }, signal);
    });
  }

  async #delete({ type, fqn }: Pick<DeletionRecord | SweepRecord, 'type'> & { readonly fqn: string }, signal: AbortSignal): Promise<void> {
    const { index, entities } = this.#parts;
    await this.#start(fqn, 'deleted', signal, async () => {
      await entities.softDelete({ type, fqn }, signal);
      if (type !== 'storedProcedure') await index.deleted(fqn, type === 'table', signal);
    });
  }

  async #sweep(record: SweepRecord, signal: AbortSignal): Promise<void> {
    for (const fqn of await this.#parts.sweeper.gone(record, signal)) await this.#delete({ type: record.type, fqn }, signal);
  }

  async #start(name: string, counted: Parameters<Tally['attempt']>[1], signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { lanes, tally } = this.#parts;
    await lanes.start(() => tally.attempt(name, counted, signal, work));
  }

  #finalStatus(outcome: OutcomeStatus, error: RunnerError | undefined, stopped: boolean): OutcomeStatus {
    if (outcome !== 'success' && outcome !== 'partialSuccess') return outcome;
    if (error !== undefined && stopped) return error.code === 'DEADLINE_EXCEEDED' ? 'expired' : 'cancelled';
    if (error !== undefined) return 'failed';
    const { tally, successThreshold } = this.#parts;
    if (tally.failed === 0) return outcome;
    return tally.successPercent < successThreshold ? 'failed' : 'partialSuccess';
  }

  /** A run is not lost over its status. */
  async #tell(status: PipelineStatus, signal: AbortSignal): Promise<void> {
    const { server, logger, pipeline } = this.#parts;
    if (pipeline === undefined) return;
    try {
      await server.send({ method: 'PUT', path: `/services/ingestionPipelines/${encodeURIComponent(pipeline.fqn)}/pipelineStatus`, what: `status of "${pipeline.fqn}"`, body: status }, signal);
    } catch (thrown) {
      logger.log('warn', 'the status of the run could not be told to the OpenMetadata server', { error: String(RunnerError.from(thrown)) });
    }
  }
}
