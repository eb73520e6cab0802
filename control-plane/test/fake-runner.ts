/** A scripted runner, implemented from the proto only. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { credentials, makeGenericClientConstructor, type ClientDuplexStream } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { type } from './proto-types.ts';

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
  /** The next frame of a kind; skips others. Throws when the connection ends first. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the type
  take<T = Record<string, unknown>>(kind: string): Promise<T>;
  close(): void;
  /** The close code of WebSocket or the status of gRPC, when the connection has ended. */
  readonly closed: Promise<number>;
}

/** The control plane to connect to. */
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
  readonly #received: Frame[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(data: Buffer): void {
    this.#received.push(type('Frame').deserialize(data) as Frame);
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
          if (frame === undefined) throw new Error(`connection ended before ${kind}`);
          if (frame.body === kind) return frame[kind] as T;
        }
      },
    };
  }

  async #next(): Promise<Frame | undefined> {
    while (this.#received.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#received.shift();
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
  /** Signed instead of the nonce of the challenge. */
  readonly nonce?: Buffer;
}

/** Answers the challenge. Does not wait for a reply. */
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
  readonly creditBytes: number;
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
