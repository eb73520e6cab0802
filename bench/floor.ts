import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Place, Sandbox } from '../demo/setup.ts';
import { OrgClient } from './org-client.ts';

const API_VERSION = '64.0';
/** Describes in one call, as the runner asks for them. */
const BATCH = 25;
const CONNECTIONS = 20;

const probed = z.object({ cpuMs: z.number() });
const counted = z.object({ objects: z.number(), length: z.number().positive() });

/**
 * What an extraction is compared with: a process that does with the describes of the org, exactly
 * as it sends them, what no program can leave out.
 */
export class DescribeFloor {
  readonly #place: Place;
  readonly #answers: string;
  #objects = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#answers = join(place.directory, 'describes');
  }

  /** Stores the answers of the org, compressed as they come. */
  async record(sandbox: Sandbox): Promise<void> {
    rmSync(this.#answers, { recursive: true, force: true });
    mkdirSync(this.#answers);
    const ca = readFileSync(sandbox.caFile, 'utf8');
    const org = new OrgClient(sandbox, ca, CONNECTIONS);
    await org.signIn();
    const names = await org.objects(API_VERSION);
    this.#objects = names.length;
    const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) =>
      names.slice(index * BATCH, (index + 1) * BATCH),
    );
    await Promise.all(batches.map((batch, index) => this.#recordBatch(org, batch, index)));
    org.close();
  }

  async #recordBatch(org: OrgClient, names: readonly string[], index: number): Promise<void> {
    const compositeRequest = names.map((name) => ({
      method: 'GET',
      url: `/services/data/v${API_VERSION}/sobjects/${name}/describe`,
      referenceId: name,
    }));
    const { body, isCompressed } = await org.call(
      'POST',
      `/services/data/v${API_VERSION}/composite`,
      {
        body: JSON.stringify({ allOrNone: false, compositeRequest }),
        headers: { 'content-type': 'application/json' },
      },
    );
    if (!isCompressed) throw new Error('the sandbox org sends describes without compression');
    writeFileSync(join(this.#answers, `${index}.gz`), body);
  }

  /** Processor time of the whole process, in milliseconds. */
  async cpuMs(): Promise<number> {
    const probeFile = join(this.#place.directory, 'floor.json');
    const program = (name: string): string => join(import.meta.dirname, name);
    const child = spawn(
      process.execPath,
      ['--import', program('loop-probe.js'), program('floor-program.js'), this.#answers],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, LOOP_PROBE_FILE: probeFile },
      },
    );
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const { objects } = counted.parse(JSON.parse(output));
    if (objects !== this.#objects)
      throw new Error(`the floor mapped ${objects} of ${this.#objects} objects`);
    return probed.parse(JSON.parse(readFileSync(probeFile, 'utf8'))).cpuMs;
  }
}
