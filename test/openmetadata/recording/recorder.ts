import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenMetadataRest } from '../../support/openmetadata-server/rest.ts';
import { kindOf, Normalizer, type Exchange } from './exchange.ts';
import { RecordingProxy } from './recording-proxy.ts';

/** Parts that say something new about the server, with whose requests. */
const RECORDED: Readonly<Record<string, readonly Exchange['by'][]>> = {
  'connection tests': ['bot', 'person', 'server'],
  refusals: ['bot', 'person', 'server'],
  'a run by hand': ['bot', 'person', 'server'],
  schedule: ['person', 'server'],
};

export interface RecorderOptions {
  readonly directory: string;
  /** Texts that differ from run to run, with what stands for them. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Keeps the exchanges of each part of the flow in a file of its own: between the control plane and
 * the server, the server and its pipeline service, the interface and the server.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #proxies: RecordingProxy[] = [];
  #exchanges: Exchange[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
  }

  /** A server in front of an OpenMetadata server, for the control plane to write to. */
  async beforeServer(api: string, caFile: string | undefined): Promise<RecordingProxy> {
    const base = /^.*\/api\/v1(?=\/)/;
    return await this.#open(api, caFile, base, 'bot');
  }

  /** A server in front of the control plane, for the OpenMetadata server to call. */
  async beforeControlPlane(url: string, caFile: string): Promise<RecordingProxy> {
    const base = /^.*\/api\/v[12]\/openmetadata(?=\/)/;
    return await this.#open(url, caFile, base, 'server');
  }

  watch(rest: OpenMetadataRest): void {
    let at = 0;
    rest.onSend = () => (at = performance.now());
    rest.onCall = ({ method, path, body, status, answer }) =>
      this.#exchanges.push({ method, path, by: 'person', body, status, answer, at });
  }

  /** Writes what was exchanged since the last call. */
  keep(part: string): void {
    const exchanges = this.#exchanges.sort((one, other) => (one.at ?? 0) - (other.at ?? 0));
    this.#exchanges = [];
    const who = RECORDED[part];
    if (who === undefined) return;
    const normalizer = new Normalizer(this.#options.names);
    const kept = withoutPolls(exchanges.filter(({ by }) => who.includes(by))).map((exchange) =>
      normalizer.exchange(exchange),
    );
    const file = join(this.#options.directory, `${part.replaceAll(' ', '-')}.json`);
    writeFileSync(file, `[\n${kept.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  async #open(
    target: string,
    caFile: string | undefined,
    base: RegExp,
    by: Exchange['by'],
  ): Promise<RecordingProxy> {
    const targetCa = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    const record = (exchange: Exchange): void => void this.#exchanges.push(exchange);
    const proxy = await RecordingProxy.open({ target, targetCa, base, by, record });
    this.#proxies.push(proxy);
    return proxy;
  }
}

/** Of reads that are repeated until something has happened, the first and the last. */
function withoutPolls(exchanges: readonly Exchange[]): readonly Exchange[] {
  const key = (exchange: Exchange): string | undefined =>
    exchange.method === 'GET' ? `${exchange.by} ${kindOf(exchange)}` : undefined;
  const seen = new Map<string, number>();
  const last = new Map(exchanges.map((exchange, index) => [key(exchange), index]));
  return exchanges.filter((exchange, index) => {
    const name = key(exchange);
    if (name === undefined) return true;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 || last.get(name) === index;
  });
}
