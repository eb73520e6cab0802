/** A runner written from the proto alone: it says what a test tells it to say. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { crc32, zstdCompressSync } from 'node:zlib';
import { credentials, makeGenericClientConstructor, type ClientDuplexStream } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { WebSocket } from 'ws';

const definitions = loadSync(
  fileURLToPath(new URL('../../proto/hybrid/runner/v1/runner.proto', import.meta.url)),
  {
    longs: Number,
    enums: String,
    bytes: Buffer,
    defaults: true,
    oneofs: true,
  },
);
const type = (name: string): MessageTypeDefinition<object, object> =>
  definitions[`hybrid.runner.v1.${name}`] as MessageTypeDefinition<object, object>;

export interface Ref {
  readonly runId: string;
  readonly attempt: number;
  readonly epoch: number;
}

export interface Frame {
  readonly body: string;
  readonly [kind: string]: unknown;
}

export interface Connection {
  send(kind: string, body: object): void;
  sendRaw(bytes: Buffer): void;
  /** The next frame; undefined when the connection has ended. */
  next(): Promise<Frame | undefined>;
  /** The next frame of a kind; others in between are dropped. Throws when the connection ends first. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the shape
  take<T = Record<string, unknown>>(kind: string): Promise<T>;
  close(): void;
  /** The close code of WebSocket or the status of gRPC, when the connection has ended. */
  readonly closed: Promise<number>;
}

/** Where and as what a fake runner connects. */
export interface Target {
  readonly port: number;
  readonly ca: string;
}

export interface Identity {
  readonly runnerId: string;
  readonly key: KeyObject;
}

export function newKey(): { readonly key: KeyObject; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    key: privateKey,
    publicKey: createPublicKey(privateKey)
      .export({ type: 'spki', format: 'der' })
      .subarray(-32)
      .toString('base64'),
  };
}

export function dial(kind: 'ws' | 'grpc', target: Target): Promise<Connection> {
  return kind === 'ws' ? dialWebSocket(target) : dialGrpc(target);
}

async function dialWebSocket({ port, ca }: Target): Promise<Connection> {
  const socket = new WebSocket(`wss://localhost:${port}/runner/v1/link`, 'hybrid.runner.v1', {
    ca,
    perMessageDeflate: false,
  });
  const closed = Promise.withResolvers<number>();
  const frames = new Frames();
  socket.on('message', (data: Buffer) => frames.push(data));
  socket.on('close', (code) => {
    frames.end();
    closed.resolve(code);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  return frames.connection(
    (bytes) => socket.send(bytes),
    () => socket.terminate(),
    closed.promise,
  );
}

interface RawClient {
  Connect(): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
}

async function dialGrpc({ port, ca }: Target): Promise<Connection> {
  const raw = (bytes: Buffer): Buffer => bytes;
  const Client = makeGenericClientConstructor(
    {
      Connect: {
        path: '/hybrid.runner.v1.RunnerLink/Connect',
        requestStream: true,
        responseStream: true,
        requestSerialize: raw,
        requestDeserialize: raw,
        responseSerialize: raw,
        responseDeserialize: raw,
      },
    },
    'RunnerLink',
  );
  const client = new Client(
    `localhost:${port}`,
    credentials.createSsl(Buffer.from(ca)),
  ) as unknown as RawClient;
  const call = client.Connect();
  const closed = Promise.withResolvers<number>();
  const frames = new Frames();
  const end = (status: number): void => {
    frames.end();
    client.close();
    closed.resolve(status);
  };
  call.on('data', (data: Buffer) => frames.push(data));
  call.on('status', ({ code }: { code: number }) => end(code));
  call.on('error', () => undefined);
  return frames.connection(
    (bytes) => void call.write(bytes),
    () => call.cancel(),
    closed.promise,
  );
}

class Frames {
  readonly #arrived: Frame[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(data: Buffer): void {
    this.#arrived.push(type('Frame').deserialize(data) as Frame);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  connection(
    sendRaw: (bytes: Buffer) => void,
    close: () => void,
    closed: Promise<number>,
  ): Connection {
    return {
      sendRaw,
      close,
      closed,
      send: (kind, body) => sendRaw(type('Frame').serialize({ [kind]: body })),
      next: () => this.#next(),
      take: async <T>(kind: string) => {
        for (;;) {
          const frame = await this.#next();
          if (frame === undefined) throw new Error(`the connection ended before ${kind}`);
          if (frame.body === kind) return frame[kind] as T;
        }
      },
    };
  }

  async #next(): Promise<Frame | undefined> {
    while (this.#arrived.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#arrived.shift();
  }
}

export interface HelloOptions {
  readonly predecessorEnded?: boolean;
  readonly held?: readonly object[];
  readonly capacity?: number;
  readonly draining?: boolean;
  readonly authority?: string;
  readonly protocol?: number;
  readonly bootId?: string;
  readonly features?: readonly string[];
  /** Signs this instead of the challenge's nonce. */
  readonly nonce?: Buffer;
}

/** Answers the challenge. What comes back is up to the control plane. */
export async function sayHello(
  connection: Connection,
  identity: Identity,
  target: Target,
  options: HelloOptions = {},
): Promise<void> {
  const challenge = await connection.take<{ nonce: Buffer }>('challenge');
  const authority = options.authority ?? `localhost:${target.port}`;
  const statement = type('HelloStatement').serialize({
    runnerId: identity.runnerId,
    protocol: options.protocol ?? 1,
    runnerVersion: '0.1.0',
    bootId: options.bootId ?? 'boot',
    features: options.features ?? ['zstd'],
    capacity: options.capacity ?? 2,
    held: options.held ?? [],
    draining: options.draining ?? false,
    authority,
    platform: 'test',
    jobKinds: ['metadata', 'test_connection'],
    predecessorEnded: options.predecessorEnded ?? true,
  });
  const digest = createHash('sha256').update(statement).digest();
  const message = Buffer.concat([
    Buffer.from(`hybrid-runner/link/v1\n${authority}\n`),
    options.nonce ?? challenge.nonce,
    digest,
  ]);
  connection.send('hello', { statement, signature: sign(null, message, identity.key) });
}

export interface Welcome {
  readonly positions: readonly {
    readonly ref: Ref;
    readonly verdict: string;
    readonly storedSequence: number;
  }[];
  readonly features: readonly string[];
}

export interface Connected {
  readonly connection: Connection;
  readonly welcome: Welcome;
}

export async function connect(
  kind: 'ws' | 'grpc',
  target: Target,
  identity: Identity,
  options: HelloOptions = {},
): Promise<Connected> {
  const connection = await dial(kind, target);
  await sayHello(connection, identity, target, options);
  return { connection, welcome: await connection.take<Welcome>('welcome') };
}

export interface BatchOptions {
  readonly codec?: 'CODEC_NONE' | 'CODEC_ZSTD';
  readonly last?: boolean;
  readonly corrupt?: boolean;
  readonly rawBytes?: number;
}

export function batch(
  ref: Ref,
  firstSequence: number,
  lines: readonly string[],
  options: BatchOptions = {},
): object {
  const raw = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const codec = options.codec ?? 'CODEC_ZSTD';
  const payload = codec === 'CODEC_ZSTD' ? zstdCompressSync(raw) : raw;
  return {
    ref,
    firstSequence,
    count: lines.length,
    codec,
    crc32: (crc32(payload) ^ (options.corrupt === true ? 1 : 0)) >>> 0,
    rawBytes: options.rawBytes ?? raw.length,
    payload,
    last: options.last ?? false,
  };
}

export function tableLine(name: string, service = 'sandbox'): string {
  return JSON.stringify({
    kind: 'entity',
    type: 'table',
    fqn: `${service}.default.salesforce.${name}`,
    request: {
      name,
      displayName: `${name} label`,
      description: `All about ${name}`,
      tableType: 'Regular',
      databaseSchema: `${service}.default.salesforce`,
      columns: [{ name: 'Id', dataType: 'VARCHAR', dataLength: 18, constraint: 'PRIMARY_KEY' }],
    },
  });
}

export function logLine(message: string, level = 'info'): string {
  return JSON.stringify({ kind: 'log', time: 1_700_000_000_000, level, message });
}

export function stepLine(name: string, passed = true): string {
  return JSON.stringify({
    kind: 'step',
    name,
    description: `Checks ${name}`,
    passed,
    mandatory: true,
    message: passed ? '' : 'it does not work',
  });
}

/** The outcome of these lines, digest and count included. */
export function outcomeLine(lines: readonly string[], outcome: object = {}): string {
  const digest = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
  return JSON.stringify({
    kind: 'outcome',
    status: 'success',
    counts: { objects: lines.length },
    steps: [],
    failures: [],
    startedAt: 1,
    endedAt: 2,
    records: lines.length,
    digest,
    ...outcome,
  });
}
