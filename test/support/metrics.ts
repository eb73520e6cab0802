import { request, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { writeConfig } from './stage-setup.ts';
import type { Stage } from './stage.ts';

/** What the metrics server of a runner answers. */
export interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Turns metrics on, at a Unix socket of which it returns the path unless an address is given. */
export function turnOnMetrics(stage: Stage, listen = join(stage.stateDir, 'metrics.sock')): string {
  writeConfig(stage.place, stage.place.configFile, () => ({ metrics: { listen } }));
  return listen;
}

/** `at` is the path of a Unix socket, or `host:port`. */
export async function ask(at: string, path: string): Promise<Answer> {
  const [host, port] = at.split(':');
  const place: RequestOptions = at.startsWith('/') ? { socketPath: at } : { host, port };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request({ ...place, path }, (response) => {
    const { statusCode: status } = response;
    void text(response).then((body) => resolve({ status, text: body }), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

/** The value of one series, by its line in the text format up to the value; undefined without. */
export function valueOf(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
