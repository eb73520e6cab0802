import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createConnect } from '../../foundation/src/network/open.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import type { EnrollOptions } from '../../src/link/enrollment/enroll.ts';
import { noSeal } from '../../src/sealing/seal.ts';
import { createAuthority, type Authority } from './certificates.ts';

const NAME = 'plane.test';

export const GRANT = {
  status: 201,
  body: JSON.stringify({ runnerId: 'rnr_1', name: 'warehouse', controlPlane: 'plane 1' }),
};

/** Answers enrollments with what a test wants, and keeps them. */
export class EnrollmentServer {
  readonly requests: { readonly path: string; readonly body: string }[] = [];
  response: { readonly status: number; readonly type?: string; readonly body: string } = GRANT;
  readonly #authority: Authority;
  readonly #server: Server;

  private constructor(authority: Authority, server: Server) {
    this.#authority = authority;
    this.#server = server;
  }

  static async open(): Promise<EnrollmentServer> {
    const authority = await createAuthority();
    const leaf = await authority.issue([NAME]);
    const server = createServer({ cert: leaf.certPem, key: leaf.keyPem });
    const self = new EnrollmentServer(authority, server);
    server.on('request', (request, reply) => {
      void text(request).then((body) => {
        self.requests.push({ path: `${request.method} ${request.url}`, body });
        const { status, type = 'application/json', body: answer } = self.response;
        reply.writeHead(status, { 'content-type': type }).end(answer);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return self;
  }

  reset(): void {
    this.requests.splice(0);
    this.response = GRANT;
  }

  close(): void {
    this.#server.close();
  }

  /** Of an enrollment here. */
  options(
    stateDir: string,
    changes: Partial<EnrollOptions> = {},
    extraCa = [this.#authority.caPem],
  ): EnrollOptions {
    const { port } = this.#server.address() as AddressInfo;
    return {
      url: `wss://${NAME}`,
      token: 'hre_token',
      stateDir,
      name: 'warehouse',
      version: '1.2.3',
      platform: 'test',
      replace: false,
      record: () => Promise.resolve(),
      save: () => Promise.resolve(),
      seal: noSeal,
      connect: createConnect({
        connectTo: [{ from: { host: NAME, port: 443 }, to: { host: '127.0.0.1', port } }],
        proxy: undefined,
        noProxy: [],
        extraCa,
        publicCas: true,
      }),
      clock: systemClock,
      signal: NEVER,
      ...changes,
    };
  }
}
