import type { OutcomeStatus } from '../../domain/record.ts';
import { HttpClient } from '../../http/client.ts';
import type { Connect, ConnectOptions } from '../../network/connect.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { SecretSource } from '../../secrets/secret.ts';
import { apiUrl } from '../api-url.ts';
import { BulkSender } from './bulk-sender.ts';
import { EntityWriter } from './entity-writer.ts';
import { LineageWriter } from './lineage-writer.ts';
import { Lanes } from './concurrency-limit.ts';
import { ParentWriter } from './parent-writer.ts';
import { PipelineReporter, type Pipeline } from './pipeline-status.ts';
import { RecordWriter } from './record-writer.ts';
import type { MetadataSink, SinkOutcome, SinkRecord, SinkReport } from './records.ts';
import { MetadataServer } from './server.ts';
import { Sweeper } from './sweeper.ts';
import { TableIndex } from './table-index.ts';
import { TableWriter, type Batch } from './table-writer.ts';
import { Tally } from './write-summary.ts';

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
  /** What one request may have at most. Default: 100 tables, 500 columns (a server spends its time on these), 4 MiB. */
  readonly batch?: Partial<Batch>;
  /** Bytes of tables that may wait for those that their foreign keys lead to. Default 32 MiB. */
  readonly mostHeldBytes?: number;
  /** Default: 6 tries, pauses up to 0.5 s doubling to 30 s. */
  readonly retry?: { readonly tries: number; readonly baseMs: number; readonly capMs: number };
  /** For one try of one request, in milliseconds. Default 120,000: a large bulk keeps a server busy. */
  readonly timeoutMs?: number;
}

/** A response has no other deadline than its call: a large bulk keeps a server silent for minutes. */
const HTTP_LIMITS = {
  unexpected: 'SINK_FAILED',
  allowPlaintext: true,
  connectMs: 15_000,
  keepAliveMs: 4_000,
  headersMs: 0,
  bodyIdleMs: 0,
  maxBytes: 64 * 1024 * 1024,
  /** More than gzip can do: only the size counts. */
  maxRatio: 1_100,
} as const;

/** A sink that writes to an OpenMetadata server (1.8 or later; tables in bulk where it can) as OpenMetadata's own `metadata-rest`. Throws INPUT_INVALID for `hostPort`. */
export function createMetadataRestSink(options: MetadataRestSinkOptions): MetadataSink {
  const {
    hostPort,
    connect,
    jwtToken,
    clock,
    random,
    logger,
    concurrency = 4,
    overrideMetadata = false,
    timeoutMs = 120_000,
  } = options;
  const api = apiUrl(hostPort);
  const http = new HttpClient({
    ...HTTP_LIMITS,
    connect,
    clock,
    tls: () => Promise.resolve(options.tls ?? {}),
    maxSockets: concurrency,
    callMs: timeoutMs,
  });
  if (api.protocol === 'http:')
    logger.log('warn', 'the bot token goes to the OpenMetadata server unencrypted', { hostPort });
  const retry = { tries: 6, baseMs: 500, capMs: 30_000, ...options.retry };
  const server = new MetadataServer({
    http,
    api,
    jwtToken,
    clock,
    random,
    logger,
    retry,
  });
  const entities = new EntityWriter(server, overrideMetadata);
  const index = new TableIndex(server);
  const tally = new Tally();
  const lanes = new Lanes(concurrency);
  const batch = { tables: 100, columns: 500, bytes: 4 * 1024 * 1024, ...options.batch };
  const bulk = new BulkSender({ server, index, clock, logger, patienceMs: 2 * timeoutMs });
  const tables = new TableWriter({
    server,
    entities,
    index,
    tally,
    lanes,
    bulk,
    overrideMetadata,
    batch,
    mostHeldBytes: options.mostHeldBytes ?? 32 * 1024 * 1024,
  });
  const parents = new ParentWriter(server, entities, index);
  const sweeper = new Sweeper(server, index, logger);
  const records = new RecordWriter({
    server,
    entities,
    index,
    tally,
    lanes,
    tables,
    parents,
    lineage: new LineageWriter({ server, index, tally, lanes }),
    sweeper,
    logger,
  });
  const reporter = new PipelineReporter({ pipeline: options.pipeline, server, clock, logger });
  return new MetadataRestSink({
    http,
    records,
    tally,
    reporter,
    successThreshold: options.successThreshold ?? 0,
  });
}

interface Parts {
  readonly http: HttpClient;
  readonly records: RecordWriter;
  readonly tally: Tally;
  readonly reporter: PipelineReporter;
  readonly successThreshold: number;
}

type State =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'open' }
  | { readonly kind: 'broken'; readonly error: RunnerError }
  | { readonly kind: 'finished' };

class MetadataRestSink implements MetadataSink {
  readonly #parts: Parts;
  readonly #ending = new AbortController();
  #callers: { readonly signal: AbortSignal; readonly until: AbortSignal } | undefined;
  #state: State = { kind: 'fresh' };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async write(record: SinkRecord, signal: AbortSignal): Promise<void> {
    if (this.#state.kind === 'finished') throw new RunnerError('INTERNAL', 'the sink is finished');
    const until = this.#until(signal);
    await this.#guarded(async () => {
      if (this.#state.kind === 'fresh') await this.#begin(until);
      await this.#parts.records.write(record, until);
    });
  }

  async finish(outcome: SinkOutcome, signal: AbortSignal): Promise<SinkReport> {
    const { tally, reporter } = this.#parts;
    const error = await this.#drain(this.#until(signal));
    const status = this.#finalStatus(outcome.status, error, signal.aborted);
    this.#state = { kind: 'finished' };
    const steps = [...outcome.steps, tally.step];
    if (error === undefined && !signal.aborted)
      await reporter.ended({ ...outcome, status, steps }, signal);
    else await reporter.lastWords({ ...outcome, status, steps });
    return {
      status,
      counts: tally.counts,
      failures: tally.failures,
      ...(error === undefined ? {} : { error: error.toFailure() }),
      step: tally.step,
    };
  }

  async close(): Promise<void> {
    this.#ending.abort(new RunnerError('ABORTED', 'the sink was closed'));
    await this.#parts.http.close();
  }

  /** Waits for all that is under way; the answer is what ended the run early, if anything did. */
  async #drain(until: AbortSignal): Promise<RunnerError | undefined> {
    try {
      await this.#guarded(() => this.#parts.records.complete(until));
      return undefined;
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  }

  /** The caller's signal, or the end of the sink. */
  #until(signal: AbortSignal): AbortSignal {
    if (this.#callers?.signal !== signal)
      this.#callers = { signal, until: AbortSignal.any([signal, this.#ending.signal]) };
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
    this.#state = { kind: 'open' };
    await this.#parts.reporter.running(signal);
  }

  #finalStatus(
    outcome: OutcomeStatus,
    error: RunnerError | undefined,
    stopped: boolean,
  ): OutcomeStatus {
    if (outcome !== 'success' && outcome !== 'partialSuccess') return outcome;
    if (error !== undefined && stopped)
      return error.code === 'DEADLINE_EXCEEDED' ? 'expired' : 'cancelled';
    if (error !== undefined) return 'failed';
    const { tally, successThreshold } = this.#parts;
    if (tally.failed === 0) return outcome;
    return tally.successPercent < successThreshold ? 'failed' : 'partialSuccess';
  }
}
