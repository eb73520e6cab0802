import type { ConnectorContext } from '../../src/connectors/connector.ts';
import type { Progress } from '../../foundation/src/domain/progress.ts';
import type { LogLevel } from '../../foundation/src/domain/record.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import type { Logger, LogData } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { workflowSchema } from '../../openmetadata/src/workflow.ts';
import { createCutText } from '../../src/redaction/cut-text.ts';
import { createRedactor, type Redactor } from '../../src/redaction/redactor.ts';
import { Secret, type SecretSource } from '../../src/secrets/secret.ts';

/** A server on this machine that is the source of a test. */
export interface SourceUnderTest {
  /** Where connections to any port of `hosts` arrive. */
  readonly port: number;
  /** Where connections to port 8443 arrive, which asks for a client certificate. */
  readonly mutualPort?: number | null;
  readonly caPem: string;
  readonly hosts: readonly string[];
}

export interface RecordedContext {
  readonly context: ConnectorContext;
  readonly logs: {
    readonly level: LogLevel;
    readonly message: string;
    readonly data: LogData | undefined;
  }[];
  readonly counts: Map<string, number>;
  readonly progress: Progress[];
  readonly protectedValues: Set<string>;
  /** Endpoints that were dialed, one entry a connection. */
  readonly dialed: string[];
}

export interface ContextOptions {
  /** The `source.type` of the job. Default: `salesforce`. */
  readonly type?: string;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string | (() => string)>>;
  readonly sourceConfig?: Readonly<Record<string, unknown>>;
  readonly serviceName?: string;
  readonly proxy?: string;
  readonly stateDirectory?: string;
  readonly admitOrganization?: ConnectorContext['admitOrganization'];
  readonly noteFailedSignIn?: ConnectorContext['noteFailedSignIn'];
  readonly admitCall?: ConnectorContext['admitCall'];
  readonly limits?: Partial<ConnectorContext['limits']>;
  readonly stateStore?: ConnectorContext['stateStore'];
}

/**
 * A context whose `connect` leads the source's host names to the server and rejects all others, as
 * the policy's dial would.
 */
export function contextFor(source: SourceUnderTest, options: ContextOptions): RecordedContext {
  const logs: RecordedContext['logs'] = [];
  const counts = new Map<string, number>();
  const progress: Progress[] = [];
  const protectedValues = new Set<string>();
  const redactor = createRedactor();
  const dialed: string[] = [];
  const context: ConnectorContext = {
    workflow: workflowSchema.parse({
      source: {
        type: options.type ?? 'salesforce',
        serviceName: options.serviceName ?? 'sandbox',
        serviceConnection: { config: options.connection },
        sourceConfig: { config: options.sourceConfig ?? { type: 'DatabaseMetadata' } },
      },
      workflowConfig: {},
    }),
    secrets: new Map(
      Object.entries(options.secrets ?? {}).map(([field, value]) => [
        field,
        secretSource(value, redactor),
      ]),
    ),
    connect: dialTo(source, dialed, options.proxy),
    logger: recording(logs),
    clock: systemClock,
    random: systemRandom,
    stateDirectory: options.stateDirectory,
    stateStore: options.stateStore,
    limits: {
      reservePercent: 20,
      maxApiCallsPerRun: undefined,
      counts: true,
      sampleRows: false,
      codeText: true,
      profile: true,
      owners: true,
      ...options.limits,
    },
    admitOrganization: options.admitOrganization ?? (() => Promise.resolve()),
    noteFailedSignIn: options.noteFailedSignIn ?? (() => Promise.resolve()),
    protect: (value) => {
      protectedValues.add(value);
      redactor.add(value);
    },
    cut: createCutText((text) => redactor.redact(text)),
    encode: (record) => JSON.stringify(record),
    report: (at) => void progress.push(at),
    count: (name, by) => void counts.set(name, (counts.get(name) ?? 0) + by),
    admitCall: options.admitCall,
    noteAllocation: () => undefined,
  };
  return { context, logs, counts, progress, protectedValues, dialed };
}

function secretSource(value: string | (() => string), redactor: Redactor): SecretSource {
  return {
    reference: undefined,
    read: () => {
      const text = typeof value === 'string' ? value : value();
      redactor.add(text);
      return Promise.resolve(new Secret(text, `v${text}`));
    },
  };
}

function dialTo(source: SourceUnderTest, dialed: string[], proxy: string | undefined): Connect {
  const { port, mutualPort, caPem, hosts } = source;
  const connects = new Map<string, Connect>();
  const connectFor = (from: Endpoint): Connect => {
    const to = { host: '127.0.0.1', port: from.port === 8443 ? (mutualPort ?? port) : port };
    const connectTo = proxy === undefined ? [{ from, to }] : [];
    return createConnect({ connectTo, proxy, noProxy: [], extraCa: [caPem], publicCas: false });
  };
  return async (endpoint, options) => {
    const name = `${endpoint.host}:${endpoint.port}`;
    dialed.push(name);
    if (!hosts.includes(endpoint.host))
      throw new RunnerError('HOST_DENIED', `${endpoint.host} is not allowed`);
    const connect = connects.get(name) ?? connectFor(endpoint);
    connects.set(name, connect);
    return connect(endpoint, options);
  };
}

function recording(logs: RecordedContext['logs']): Logger {
  const logger: Logger = {
    log: (level, message, data) => void logs.push({ level, message, data }),
    child: () => logger,
  };
  return logger;
}
