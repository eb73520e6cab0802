import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PROGRAMS = ['/usr/bin/prometheus', '/usr/bin/promtool'];
export const RULES = resolve(import.meta.dirname, '../../packaging/observability/alerts.yaml');

/** Whether Prometheus is here. Prints the reason if it is not; in CI its absence is a failure. */
export function hasPrometheus(): boolean {
  if (PROGRAMS.every((path) => existsSync(path)) || process.env['CI'] !== undefined) return true;
  process.stderr.write(
    `test:observability: skipped, because ${PROGRAMS.join(' and ')} are not here (apt-get install prometheus)\n`,
  );
  return false;
}

/** Runs promtool; returns its output, or throws it. */
export function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Time and value. */
  readonly value: readonly [number, string];
}

/** A Prometheus that scrapes one runner five times a second, with the alert rules. */
export class Prometheus {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #port: number;
  #output = '';

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
    this.#process = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process.stderr!.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  static async start(target: string): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '1s' },
      rule_files: [RULES],
      scrape_configs: [{ job_name: 'hybrid-runner', static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(join(directory, 'prometheus.yaml'), JSON.stringify(config));
    const prometheus = new Prometheus(directory, await freePort());
    await prometheus.#untilReady();
    return prometheus;
  }

  /** The result of an instant query. */
  async query(expression: string): Promise<readonly Series[]> {
    const query = encodeURIComponent(expression);
    const { result } = await this.call<{ result: readonly Series[] }>(`query?query=${query}`);
    return result;
  }

  /** The value of the only series of a query; undefined when there is none. */
  async value(expression: string): Promise<number | undefined> {
    const series = await this.query(expression);
    if (series.length > 1) throw new Error(`${expression} has ${series.length} series`);
    return series[0] === undefined ? undefined : Number(series[0].value[1]);
  }

  /** Calls the HTTP API and returns the data of its answer. */
  async call<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/api/v1/${path}`);
    const { status, data, error } = (await response.json()) as {
      readonly status: string;
      readonly data: T;
      readonly error?: string;
    };
    if (status !== 'success') throw new Error(`${path}: ${error}`);
    return data;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.kill('SIGTERM'))
      await once(this.#process, 'exit');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (this.#process.exitCode !== null) break;
      const response = await fetch(`http://127.0.0.1:${this.#port}/-/ready`).catch(() => undefined);
      if (response?.ok === true) return;
      await delay(100);
    }
    await this.stop();
    throw new Error(`Prometheus did not start:\n${this.#output}`);
  }
}
