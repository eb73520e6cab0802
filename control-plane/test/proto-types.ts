import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

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
/** A message of the proto by its name. */
export const type = (name: string): MessageTypeDefinition<object, object> =>
  definitions[`hybrid.runner.v1.${name}`] as MessageTypeDefinition<object, object>;
