import type { ConnectOptions } from '../../../../foundation/src/network/connect.ts';
import { unfoldPem } from '../../../../foundation/src/network/pem.ts';
import type { SecretSource } from '../../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { readSecret } from './read-secret.ts';

export interface ClientTlsDeps {
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly protect: (value: string) => void;
}

/** Read for each new connection, so that a renewed certificate is used without a restart. */
export async function readClientTls(
  { tls }: Pick<Connection, 'tls'>,
  { secrets, protect }: ClientTlsDeps,
  signal: AbortSignal,
): Promise<NonNullable<ConnectOptions['tls']>> {
  const read = async (field: string): Promise<string> => {
    const pem = unfoldPem((await readSecret(secrets, field, signal)).reveal());
    protect(pem);
    return pem;
  };
  return {
    ...(tls.ca ? { ca: [await read('sslConfig.caCertificate')] } : {}),
    ...(tls.clientCertificate
      ? { cert: await read('sslConfig.sslCertificate'), key: await read('sslConfig.sslKey') }
      : {}),
  };
}
