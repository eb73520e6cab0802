import { HttpClient } from '../../../foundation/src/http/client.ts';
import type { RetryPolicy } from '../../../foundation/src/http/retry.ts';
import type { Connect, ConnectOptions } from '../../../foundation/src/network/connect.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { apiUrl } from '../api-url.ts';
import { BulkSender } from './bulk-sender.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { EntityWriter } from './entity-writer.ts';
import { LineageWriter } from './lineage-writer.ts';
import { MetadataRestSink } from './metadata-rest-sink.ts';
import { ParentWriter } from './parent-writer.ts';
import { PipelineReporter, type Pipeline } from './pipeline-status.ts';
import { ProcedureIndex } from './procedure-index.ts';
import { RecordWriter } from './record-writer.ts';
import type { MetadataSink } from './records.ts';
import { MetadataServer } from './server.ts';
import { Sweeper } from './sweeper.ts';
import type { BatchLimits } from './table-batch.ts';
import { TableIndex } from './table-index.ts';
import { TableWriter } from './table-writer.ts';
import type { TokenSource } from './token.ts';
import { WriteSummary, type SinkProgress } from './write-summary.ts';

export interface MetadataRestSinkOptions {
  /** `openMetadataServerConfig.hostPort`: `https://catalog.example.com/api`. */
  readonly hostPort: string;
  /**
   * The bot's token. Read again when the server rejects it, so that it may be rotated during a run.
   */
  readonly jwtToken: TokenSource;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The server's `sslConfig`. */
  readonly tls?: NonNullable<ConnectOptions['tls']>;
  /**
   * `sourceConfig.config.overrideMetadata`: replaces descriptions, display names and owners entered
   * by users with those of the source. Default false.
   */
  readonly overrideMetadata?: boolean;
  /**
   * Lowest percentage of received records that must be written for the run not to fail. Default 0.
   */
  readonly successThreshold?: number;
  /** The ingestion pipeline to report the run's status to. Default: no report. */
  readonly pipeline?: Pipeline;
  /**
   * The connection of a service that the sink creates; it must not contain a secret. Called once
   * the service is missing. Default: the service is created without.
   */
  readonly serviceConnection?: () => Readonly<Record<string, unknown>> | undefined;
  /** Called after each change: tables arrive long after `write` has taken them. */
  readonly onProgress?: (progress: SinkProgress) => void;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
  /**
   * Limits of one bulk request. Default: 100 tables, 500 columns (which determine the server's
   * time), 4 MiB.
   */
  readonly batch?: Partial<BatchLimits>;
  /** Size limit of the tables that wait for the targets of their foreign keys. Default 32 MiB. */
  readonly maxHeldBytes?: number;
  /** Default: 6 tries, pauses up to 0.5 s doubling to 30 s. */
  readonly retry?: Pick<RetryPolicy, 'tries' | 'baseMs' | 'capMs'>;
  /**
   * For one try of one request, in milliseconds. Default 120,000: a large bulk keeps a server busy.
   */
  readonly timeoutMs?: number;
}

const RETRY = { tries: 6, baseMs: 500, capMs: 30_000 } as const;
const BATCH: BatchLimits = { tables: 100, columns: 500, bytes: 4 * 1024 * 1024 };
/** How many times its deadline a server may be busy with a request without visible progress. */
const PATIENCE = 2;
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** Only the call as a whole has a deadline: a large bulk keeps a server silent for minutes. */
const HTTP_LIMITS = {
  unexpected: 'SINK_FAILED',
  allowPlaintext: true,
  connectMs: 15_000,
  keepAliveMs: 4_000,
  headersMs: 0,
  bodyIdleMs: 0,
  maxBytes: 64 * 1024 * 1024,
  /** More than gzip can compress: only the size counts. */
  maxRatio: 1_100,
} as const;

/**
 * A sink that writes to an OpenMetadata server (1.8 or later; in bulk where the server can) as
 * OpenMetadata's own `metadata-rest` does. Throws INPUT_INVALID for `hostPort`.
 */
export function createMetadataRestSink(options: MetadataRestSinkOptions): MetadataSink {
  const { clock, logger, concurrency = 4, timeoutMs = 120_000 } = options;
  const { http, server } = openServer({ ...options, concurrency, timeoutMs });
  const summary = new WriteSummary(() => options.onProgress?.(summary.progress));
  return new MetadataRestSink({
    http,
    summary,
    records: createRecordWriter(
      { server, summary, concurrency: new ConcurrencyLimit(concurrency) },
      { ...options, timeoutMs },
    ),
    reporter: new PipelineReporter({ pipeline: options.pipeline, server, clock, logger }),
    successThreshold: options.successThreshold ?? 0,
  });
}

type ServerOptions = MetadataRestSinkOptions & {
  readonly concurrency: number;
  readonly timeoutMs: number;
};

function openServer(options: ServerOptions): { http: HttpClient; server: MetadataServer } {
  const { hostPort, connect, jwtToken, clock, random, logger, tls = {} } = options;
  const api = apiUrl(hostPort);
  if (api.protocol === 'http:')
    logger.log('warn', 'the bot token is sent to the OpenMetadata server unencrypted', {
      hostPort,
    });
  const http = new HttpClient({
    ...HTTP_LIMITS,
    connect,
    clock,
    tls: () => Promise.resolve(tls),
    maxSockets: options.concurrency,
    callMs: options.timeoutMs,
  });
  const retry = { ...RETRY, ...options.retry };
  const patienceMs = PATIENCE * options.timeoutMs;
  return {
    http,
    server: new MetadataServer({ http, api, jwtToken, clock, random, logger, retry, patienceMs }),
  };
}

interface WriterDeps {
  readonly server: MetadataServer;
  readonly summary: WriteSummary;
  readonly concurrency: ConcurrencyLimit;
}

function createRecordWriter(
  deps: WriterDeps,
  options: MetadataRestSinkOptions & { readonly timeoutMs: number },
): RecordWriter {
  const { server } = deps;
  const { clock, logger, timeoutMs, overrideMetadata = false } = options;
  const index = new TableIndex(server);
  const entities = new EntityWriter(server, overrideMetadata, logger);
  const bulk = new BulkSender({ server, index, clock, logger, patienceMs: PATIENCE * timeoutMs });
  const tables = new TableWriter({
    ...deps,
    entities,
    index,
    bulk,
    overrideMetadata,
    batch: { ...BATCH, ...options.batch },
    maxHeldBytes: options.maxHeldBytes ?? MAX_HELD_BYTES,
  });
  return new RecordWriter({
    ...deps,
    entities,
    index,
    tables,
    parents: new ParentWriter({
      server,
      entities,
      index,
      procedures: new ProcedureIndex(server),
      logger,
      serviceConnection: options.serviceConnection ?? (() => undefined),
    }),
    lineage: new LineageWriter({ ...deps, index }),
    sweeper: new Sweeper(server, index, logger),
    logger,
  });
}
