import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { RunnerError } from '../runtime/errors.ts';
import type { Frame, FrameKind, HelloStatement } from './frames.ts';

/** Largest encoded frame either side sends or takes: a batch of 1 MiB and room for its envelope. */
export const MAX_FRAME_BYTES = 1024 * 1024 + 64 * 1024;

/** Turns frames into bytes and back, by proto/hybrid/runner/v1/runner.proto. */
export interface FrameCodec {
  readonly encode: (frame: Frame) => Buffer;
  /** Throws PROTOCOL_VIOLATION for bytes that are not a frame. A frame without a body this side knows comes back as `unknown`. */
  readonly decode: (bytes: Uint8Array) => Frame;
  readonly encodeStatement: (statement: HelloStatement) => Buffer;
  /** Throws PROTOCOL_VIOLATION. */
  readonly decodeStatement: (bytes: Uint8Array) => HelloStatement;
}

let loaded: Promise<FrameCodec> | undefined;

/** The codec, made on first use: parsing the proto takes some 30 ms that commands without a link need not pay. */
export function loadCodec(): Promise<FrameCodec> {
  loaded ??= makeCodec();
  return loaded;
}

async function makeCodec(): Promise<FrameCodec> {
  // A CommonJS package in a bundle has its exports below the default one and nowhere else.
  const { load } = (await import('@grpc/proto-loader')).default;
  const definitions = await load(protoPath(), {
    longs: Number,
    enums: String,
    bytes: Buffer,
    defaults: true,
    keepCase: false,
    oneofs: true,
  });
  const frame = messageType(definitions, 'Frame');
  const statement = messageType(definitions, 'HelloStatement');
  return {
    encode: (value) =>
      frame.serialize(value.kind === 'unknown' ? {} : { [value.kind]: value.body }),
    decode: (bytes) => toFrame(decoded(frame, bytes)),
    encodeStatement: (value) => statement.serialize(value),
    decodeStatement: (bytes) => decoded(statement, bytes) as unknown as HelloStatement,
  };
}

type MessageType = MessageTypeDefinition<object, object>;

function messageType(definitions: PackageDefinition, name: string): MessageType {
  const definition = definitions[`hybrid.runner.v1.${name}`];
  if (definition === undefined || !('serialize' in definition))
    throw new RunnerError('INTERNAL', `the proto has no message ${name}`);
  return definition as MessageType;
}

function decoded(type: MessageType, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return type.deserialize(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ) as Record<string, unknown>;
  } catch (thrown) {
    throw new RunnerError('PROTOCOL_VIOLATION', 'the other side sent bytes that are not a frame', {
      cause: thrown,
    });
  }
}

/** Under `oneofs`, proto-loader names the field that is set in `body`. */
function toFrame(message: Readonly<Record<string, unknown>>): Frame {
  const kind = message['body'];
  if (typeof kind !== 'string') return { kind: 'unknown' };
  return { kind: kind as FrameKind, body: message[kind] } as Frame;
}

/** proto/ lies beside src/ and beside dist/, however deep the bundler puts this module. */
export function protoPath(): string {
  for (
    let directory = import.meta.dirname;
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    const path = join(directory, 'proto/hybrid/runner/v1/runner.proto');
    if (existsSync(path)) return path;
  }
  throw new RunnerError(
    'INTERNAL',
    'proto/hybrid/runner/v1/runner.proto is missing from this installation',
  );
}
