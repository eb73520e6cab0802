import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Machine } from '../../src/doctor/options.ts';

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A resolver that leads every name here but one: that has another address, or none. */
export function resolveExcept(host: string, answer: string | undefined): Partial<Machine> {
  return {
    resolve: async (name) => {
      if (name !== host) return ['127.0.0.1'];
      if (answer !== undefined) return [answer];
      const message = `getaddrinfo ENOTFOUND ${name}`;
      throw Object.assign(new Error(message), { code: 'ENOTFOUND' });
    },
  };
}
