import { createConnect } from '../../../src/network/open.ts';
import { silentLogger } from '../../../src/observability/logger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { Secret, type SecretSource } from '../../../src/secrets/secret.ts';
import {
  createMetadataRestSink,
  type MetadataRestSinkOptions,
} from '../../../src/openmetadata/sink/rest-sink.ts';
import type {
  MetadataSink,
  SinkOutcome,
  SinkRecord,
  SinkReport,
} from '../../../src/openmetadata/sink/records.ts';
import type { EntityRecord } from '../../../src/domain/record.ts';
import { createAuthority } from '../certificates.ts';
import { startOpenMetadataServer, type OpenMetadataServer } from './server.ts';

export const SCHEMA = 'crm.default.salesforce';
export const never = new AbortController().signal;
export const succeeded: SinkOutcome = {
  status: 'success',
  steps: [],
  startedAt: 1_000,
  endedAt: 2_000,
};

/** A server and sinks that reach it by its name, through its own authority. */
export interface Catalogue {
  readonly server: OpenMetadataServer;
  sink(options?: Partial<MetadataRestSinkOptions>): MetadataSink;
  /** Writes the records with a sink of their own. */
  run(
    records: readonly SinkRecord[],
    options?: Partial<MetadataRestSinkOptions>,
  ): Promise<SinkReport>;
  close(): Promise<void>;
}

export async function openCatalogue(): Promise<Catalogue> {
  const authority = await createAuthority();
  const server = await startOpenMetadataServer(authority);
  const { host, port, hostPort } = server;
  server.tokens.add('bot-token');
  const connect = createConnect({
    connectTo: [{ from: { host, port }, to: { host: '127.0.0.1', port } }],
    proxy: undefined,
    noProxy: [],
    extraCa: [authority.caPem],
    publicCas: true,
  });
  const sinks: MetadataSink[] = [];
  const sink: Catalogue['sink'] = (options = {}) => {
    const made = createMetadataRestSink({
      hostPort,
      jwtToken: tokens('bot-token'),
      connect,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      retry: { tries: 4, baseMs: 2, capMs: 10 },
      ...options,
    });
    sinks.push(made);
    return made;
  };
  const run: Catalogue['run'] = async (records, options) => {
    const target = sink(options);
    for (const record of records) await target.write(record, never);
    return target.finish(succeeded, never);
  };
  const close: Catalogue['close'] = async () => {
    await Promise.all(sinks.map((made) => made.close()));
    await server.close();
  };
  return { server, sink, run, close };
}

/** Gives each value in turn, the last one for ever. */
export function tokens(...values: readonly string[]): SecretSource {
  let reads = 0;
  return {
    reference: undefined,
    read: () => {
      const version = Math.min(reads++, values.length - 1);
      return Promise.resolve(new Secret(values[version]!, String(version)));
    },
  };
}

export const parents: readonly EntityRecord[] = [
  {
    kind: 'entity',
    type: 'databaseService',
    fqn: 'crm',
    request: { name: 'crm', serviceType: 'Salesforce' },
  },
  {
    kind: 'entity',
    type: 'database',
    fqn: 'crm.default',
    request: { name: 'default', service: 'crm' },
  },
  {
    kind: 'entity',
    type: 'databaseSchema',
    fqn: SCHEMA,
    request: { name: 'salesforce', database: 'crm.default' },
  },
];

export interface TableOptions {
  readonly description?: string;
  readonly columnDescription?: string;
  /** Tables that `<Name>Id` columns point to. */
  readonly references?: readonly string[];
  readonly more?: Readonly<Record<string, unknown>>;
}

export function table(
  name: string,
  { description, columnDescription, references = [], more = {} }: TableOptions = {},
): EntityRecord {
  const id = {
    name: 'Id',
    dataType: 'VARCHAR',
    dataLength: 18,
    constraint: 'PRIMARY_KEY',
    ordinalPosition: 1,
  };
  const columns = references.map((target, index) => ({
    name: `${target}Id`,
    dataType: 'VARCHAR',
    dataLength: 18,
    ordinalPosition: index + 2,
  }));
  const keys = references.map((target) => ({
    constraintType: 'FOREIGN_KEY',
    columns: [`${target}Id`],
    referredColumns: [`${SCHEMA}.${target}.Id`],
  }));
  return {
    kind: 'entity',
    type: 'table',
    fqn: `${SCHEMA}.${name}`,
    request: {
      name,
      databaseSchema: SCHEMA,
      tableType: 'Regular',
      ...(description === undefined ? {} : { description }),
      columns: [
        columnDescription === undefined ? id : { ...id, description: columnDescription },
        ...columns,
      ],
      ...(keys.length === 0 ? {} : { tableConstraints: keys }),
      ...more,
    },
  };
}
