import type { FrameCodec } from '../../src/channel/codec.ts';
import type { Frame, FrameBody, FrameKind, HelloStatement } from '../../src/channel/frames.ts';

/** Some of the fields of a message. The others get the defaults of the proto. */
type Partially<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Partially<Item>[]
    : T extends object
      ? { readonly [Field in keyof T]?: Partially<T[Field]> }
      : T;

export interface PartialFrames {
  readonly frame: <Kind extends FrameKind>(kind: Kind, body: Partially<FrameBody<Kind>>) => Buffer;
  readonly statement: (statement: Partially<HelloStatement>) => Buffer;
}

/** Encodes frames of which a test names only what matters to it. */
export function partialFrames(codec: FrameCodec): PartialFrames {
  return {
    frame: (kind, body) => codec.encode({ kind, body } as unknown as Frame),
    statement: (statement) => codec.encodeStatement(statement as HelloStatement),
  };
}
