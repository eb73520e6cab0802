import { createConnect } from '../../../foundation/src/network/open.ts';
import { silentLogger } from '../../../foundation/src/logging/logger.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { Secret, type SecretSource } from '../../../src/secrets/secret.ts';
import {
  createMetadataRestSink,
  type MetadataRestSinkOptions,
} from '../../../openmetadata/src/sink/rest-sink.ts';
import type {
  MetadataSink,
  SinkOutcome,
  SinkRecord,
  SinkReport,
} from '../../../openmetadata/src/sink/records.ts';
import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { createAuthority } from '../certificates.ts';
import { startOpenMetadataServer, type OpenMetadataServer } from './server.ts';

export const SCHEMA = 'crm.default.salesforce';
export const succeeded: SinkOutcome = {
  status: 'success',
  steps: [],
  startedAt: 1_000,
  endedAt: 2_000,
};

/** A server, and sinks that reach it by its name and trust its CA. */
export interface Catalog {
  readonly server: OpenMetadataServer;
  sink(options?: Partial<MetadataRestSinkOptions>): MetadataSink;
  /** Writes the records with a new sink. */
  run(
    records: readonly SinkRecord[],
    options?: Partial<MetadataRestSinkOptions>,
  ): Promise<SinkReport>;
  /** Number of requests with this title, such as `PUT /tables/bulk`. */
  countRequests(title: string): number;
  /** The stored table of this name in SCHEMA. */
  storedTable(name: string): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function openCatalog(): Promise<Catalog> {
  const authority = await createAuthority();
  const server = await startOpenMetadataServer(authority);
  const { host, port, hostPort } = server;
  server.tokens.add('bot-token');
  const connect = createConnect({
    connectTo: [{ from: { host, port }, to: { host: '127.0.0.1', port } }],
    proxy: undefined,
    noProxy: [],
    extraCa: [authority.caPem],
    publicCas: false,
  });
  const sinks: MetadataSink[] = [];
  const sink: Catalog['sink'] = (options = {}) => {
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
  const run: Catalog['run'] = async (records, options) => {
    const target = sink(options);
    for (const record of records) await target.write(record, NEVER);
    return target.finish(succeeded, NEVER);
  };
  const close: Catalog['close'] = async () => {
    await Promise.all(sinks.map((made) => made.close()));
    await server.close();
  };
  const countRequests = (title: string): number =>
    server.requests.filter((each) => each === title).length;
  const storedTable = (name: string): Readonly<Record<string, unknown>> =>
    server.store.get('table', `${SCHEMA}.${name}`);
  return { server, sink, run, countRequests, storedTable, close };
}

/** Returns each value in turn, then the last one again. */
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
  /** Tables that `<Name>Id` columns refer to. */
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

/** Tables `T0__c`, `T1__c`, … */
export function manyTables(count: number): readonly EntityRecord[] {
  return Array.from({ length: count }, (_, index) => table(`T${index}__c`));
}
