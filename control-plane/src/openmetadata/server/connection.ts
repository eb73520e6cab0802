import type { Connect } from '../../../../foundation/src/network/connect.ts';
import { createConnect } from '../../../../foundation/src/network/open.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { apiEndpoint, apiUrl } from '../../../../openmetadata/src/api-url.ts';
import type { Endpoint } from '../deployed-pipelines.ts';

/** Opens connections by the rules of this machine: no proxy, public CAs. */
export const systemConnect: Connect = createConnect({
  connectTo: [],
  proxy: undefined,
  noProxy: [],
  extraCa: [],
  publicCas: true,
});

/** The certificates to trust for the endpoint's server beside those of the system. */
export function tlsOf({ ca }: Endpoint): { readonly ca: readonly string[] } {
  return { ca: ca === null ? [] : [ca] };
}

/**
 * Opens connections to the endpoint's server and to nothing else: whatever a payload or an answer
 * says, the bot token reaches no other host.
 */
export function connectOnlyTo({ server }: Endpoint, connect: Connect): Connect {
  const own = apiEndpoint(apiUrl(server));
  return (target, options) => {
    if (target.host !== own.host || target.port !== own.port)
      return Promise.reject(
        new RunnerError('HOST_DENIED', 'connection to a host other than the endpoint’s server'),
      );
    return connect(target, options);
  };
}
