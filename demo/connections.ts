import { Agent, request } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/**
 * Connections to an HTTPS server. Only reading calls share them: a server that closes an idle
 * connection at the moment when it is used again answers nothing, and only such a call can be
 * repeated.
 */
export class Connections {
  readonly #shared: Agent;
  readonly #single: Agent;

  constructor(ca: string | undefined) {
    const trust = ca === undefined ? {} : { ca };
    this.#shared = new Agent({ ...trust, keepAlive: true });
    this.#single = new Agent(trust);
  }

  send(call: Call): Promise<IncomingMessage> {
    const { method, url, headers, body } = call;
    const agent = method === 'GET' ? this.#shared : this.#single;
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = request(url, { method, agent, headers }, resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const wasClosed = sent.reusedSocket && error.code === 'ECONNRESET';
        if (wasClosed) resolve(this.send(call));
        else reject(error);
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#shared.destroy();
    this.#single.destroy();
  }
}
