import type { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ManagerEndpoint } from '../manager-kind.ts';
import type { SdkTransport } from './transport.ts';

/**
 * The metadata service of a cloud's machine, without TLS. The SDKs open sockets of their own for
 * it, so that their parts for it are not used (docs/decisions/0039).
 */
export const METADATA: ManagerEndpoint = { host: '169.254.169.254', port: 80, plaintext: true };

export interface MetadataRequest {
  readonly method?: 'GET' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws SECRET_MANAGER_SIGN_IN_FAILED if the machine has no such identity. */
export async function askMetadata(
  transport: SdkTransport,
  { method = 'GET', path, headers }: MetadataRequest,
): Promise<string> {
  const { status, body } = await transport.send({
    method,
    url: new URL(path, `http://${METADATA.host}`),
    headers: Object.entries(headers),
  });
  if (status === 200) return body.toString();
  if (status === 429 || status >= 500)
    throw new RunnerError(
      'SECRET_PROVIDER_FAILED',
      `the metadata service responded with status ${status}`,
    );
  throw new RunnerError(
    'SECRET_MANAGER_SIGN_IN_FAILED',
    `the metadata service has no identity for this machine: it responded with status ${status}`,
  );
}

/** Parses an answer with a token. No message quotes it. */
export function parseMetadata<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new RunnerError(
      'SECRET_PROVIDER_FAILED',
      'the response of the metadata service has an unexpected format',
    );
  }
}
