import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { batchMessage } from './batch-message.ts';
import type { Frame, FrameKind, HelloStatement } from './frames.ts';

/** Maximum size of an encoded frame in either direction: a batch of 1 MiB and its envelope. */
export const MAX_FRAME_BYTES = 1024 * 1024 + 64 * 1024;

/** Encodes and decodes frames as defined in proto/hybrid/runner/v1/runner.proto. */
export interface FrameCodec {
  readonly encode: (frame: Frame) => Buffer;
  /** The same bytes in pieces, without a copy of the payload of a batch. */
  readonly encodePieces: (frame: Frame) => readonly Uint8Array[];
  /**
   * Throws PROTOCOL_VIOLATION for malformed bytes. A frame with an unknown body is decoded as
   * `unknown`.
   */
  readonly decode: (bytes: Uint8Array) => Frame;
  readonly encodeStatement: (statement: HelloStatement) => Buffer;
  /** Throws PROTOCOL_VIOLATION. */
  readonly decodeStatement: (bytes: Uint8Array) => HelloStatement;
}

let loaded: Promise<FrameCodec> | undefined;

/**
 * Loads the codec on first use: parsing the proto takes about 30 ms, which commands without a link
 * avoid.
 */
export function loadCodec(): Promise<FrameCodec> {
  loaded ??= makeCodec();
  return loaded;
}

async function makeCodec(): Promise<FrameCodec> {
  // In the bundle, the exports of a CommonJS package are on its default export only.
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
  const batch = messageType(definitions, 'Batch');
  const statement = messageType(definitions, 'HelloStatement');
  const fields = { batch: fieldNumber(frame, 'batch'), payload: fieldNumber(batch, 'payload') };
  const encode: FrameCodec['encode'] = (value) =>
    frame.serialize(value.kind === 'unknown' ? {} : { [value.kind]: value.body });
  return {
    encode,
    encodePieces: (value) =>
      value.kind === 'batch'
        ? batchMessage(value.body, fields, (part) => batch.serialize(part))
        : [encode(value)],
    decode: (bytes) => toFrame(decoded(frame, bytes)),
    encodeStatement: (value) => statement.serialize(value),
    decodeStatement: (bytes) => decoded(statement, bytes) as unknown as HelloStatement,
  };
}

type MessageType = MessageTypeDefinition<object, object>;
/** What proto-loader, which types it as an object, says of a message. */
interface FieldsOfMessage {
  readonly field: readonly { readonly name: string; readonly number: number }[];
}

function messageType(definitions: PackageDefinition, name: string): MessageType {
  const definition = definitions[`hybrid.runner.v1.${name}`];
  if (definition === undefined || !('serialize' in definition))
    throw new RunnerError('INTERNAL', `message ${name} is missing from the proto`);
  return definition as MessageType;
}

function fieldNumber({ type }: MessageType, name: string): number {
  const { field } = type as unknown as FieldsOfMessage;
  return field.find((each) => each.name === name)!.number;
}

function decoded(type: MessageType, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return type.deserialize(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ) as Record<string, unknown>;
  } catch (thrown) {
    throw new RunnerError('PROTOCOL_VIOLATION', 'malformed frame received', {
      cause: thrown,
    });
  }
}

/** With `oneofs`, proto-loader stores the name of the set field in `body`. */
function toFrame(message: Readonly<Record<string, unknown>>): Frame {
  const kind = message['body'];
  if (typeof kind !== 'string') return { kind: 'unknown' };
  return { kind: kind as FrameKind, body: message[kind] } as Frame;
}

/** proto/ is next to src/ and dist/, at any depth of this module in the bundle. */
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
