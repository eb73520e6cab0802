import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { FromRunner, HelloStatement, ToRunner } from './frames.ts';

/** Maximum size of an encoded frame in either direction: a batch of 1 MiB and its envelope. */
export const MAX_FRAME_BYTES = 1024 * 1024 + 64 * 1024;
export const MAX_BATCH_BYTES = 1024 * 1024;

const PROTO = fileURLToPath(
  new URL('../../../proto/hybrid/runner/v1/runner.proto', import.meta.url),
);
const FROM_RUNNER: ReadonlySet<string> = new Set<FromRunner['kind']>([
  'hello',
  'heartbeat',
  'auditHead',
  'keyProposal',
  'progress',
  'accept',
  'reject',
  'batch',
]);

type Message = MessageTypeDefinition<object, object>;

const definitions = loadSync(PROTO, {
  longs: Number,
  enums: String,
  bytes: Buffer,
  defaults: true,
  keepCase: false,
  oneofs: true,
});
const frameType = messageType('Frame');
const statementType = messageType('HelloStatement');

function messageType(name: string): Message {
  const definition = definitions[`hybrid.runner.v1.${name}`];
  if (definition === undefined || !('serialize' in definition))
    throw new ControlPlaneError('INTERNAL', `message ${name} is missing from the proto`);
  return definition as Message;
}

export function encode(frame: ToRunner): Buffer {
  return frameType.serialize({ [frame.kind]: frame.body });
}

/**
 * Undefined for a frame of a newer protocol. Throws PROTOCOL_VIOLATION for malformed bytes and for
 * frames that a runner must not send.
 */
export function decode(bytes: Buffer): FromRunner | undefined {
  const message = parse(frameType, bytes);
  const kind = message['body'];
  if (typeof kind !== 'string') return undefined;
  if (!FROM_RUNNER.has(kind))
    throw new ControlPlaneError('PROTOCOL_VIOLATION', `${kind} frame received from a runner`);
  return { kind, body: message[kind] } as FromRunner;
}

/** Throws PROTOCOL_VIOLATION. */
export function decodeStatement(bytes: Buffer): HelloStatement {
  return parse(statementType, bytes) as unknown as HelloStatement;
}

function parse(type: Message, bytes: Buffer): Record<string, unknown> {
  try {
    return type.deserialize(bytes) as Record<string, unknown>;
  } catch (thrown) {
    throw new ControlPlaneError('PROTOCOL_VIOLATION', 'malformed frame received', {
      cause: thrown,
    });
  }
}
