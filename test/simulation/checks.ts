import type { DatabaseSync } from 'node:sqlite';
import { query } from './query.ts';
import { loadCodec, type FrameCodec } from '../../src/channel/codec.ts';
import type { Org, View } from './org.ts';
import type { World } from './world.ts';

/*
 * What must hold whatever happens:
 * - Whenever a run has ended well, the catalog of its service is the org as the newest run that ended well saw it, or newer
 *   where an attempt that began later has told so.
 * - Each attempt's records are stored once each, in order, without a gap.
 * - Nothing is acknowledged that is not stored.
 */

interface EndedRow {
  readonly id: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly state: string;
  readonly status: string;
  readonly service: string;
  readonly kind: string;
}

const ENDED_WHERE = "FROM runs WHERE state NOT IN ('queued', 'offered', 'running')";
const ENDED_COUNT = `SELECT COUNT(*) AS n ${ENDED_WHERE}`;
const ENDED = `SELECT id, attempt, epoch, state, status, service, kind ${ENDED_WHERE}`;
const WELL =
  "SELECT id, attempt, epoch FROM runs WHERE service = ? AND kind = 'metadata' AND state IN ('success', 'partialSuccess')";
const STORED = 'SELECT stored_sequence AS stored FROM attempts WHERE run_id = ? AND epoch = ?';
const TABLES =
  "SELECT name, description FROM entities WHERE service = ? AND type = 'table' AND deleted_at IS NULL";
const TOLD =
  "SELECT line FROM records WHERE run_id = ? AND epoch = ? AND kind = 'entity' ORDER BY sequence";

export class Checks {
  readonly #world: World;
  readonly #orgs: ReadonlyMap<string, Org>;
  readonly #codec: FrameCodec;
  readonly views = new Map<string, View>();
  readonly #judged = new Set<string>();
  /** Runs by how they ended. */
  readonly ends = new Map<string, number>();

  private constructor(world: World, orgs: ReadonlyMap<string, Org>, codec: FrameCodec) {
    this.#world = world;
    this.#orgs = orgs;
    this.#codec = codec;
  }

  static async create(world: World, orgs: ReadonlyMap<string, Org>): Promise<Checks> {
    return new Checks(world, orgs, await loadCodec());
  }

  /** The store is another one from now on. */
  forgetEnds(): void {
    this.#judged.clear();
  }

  committed(database: DatabaseSync): void {
    const count = this.#all<{ n: number }>(database, ENDED_COUNT)[0]!.n;
    if (count === this.#judged.size) return;
    for (const run of this.#all<EndedRow>(database, ENDED)) {
      if (this.#judged.has(run.id)) continue;
      this.#judged.add(run.id);
      this.ends.set(run.state, (this.ends.get(run.state) ?? 0) + 1);
      this.#world.note(`run ${run.id} ended: ${run.status}`);
      if (run.kind === 'metadata' && endedWell(run.state))
        this.#compareCatalog(database, run.service, `after run ${run.id}`);
    }
  }

  sending(message: Buffer, database: DatabaseSync): void {
    const frame = this.#codec.decode(message);
    if (frame.kind !== 'ack') return;
    const { ref, upTo } = frame.body;
    const { runId, epoch } = ref!;
    const row = this.#all<{ stored: number }>(database, STORED, runId, epoch)[0];
    if (row === undefined || row.stored < upTo)
      this.#world.violate(
        `records of ${runId} epoch ${epoch} up to ${upTo} are acknowledged; stored are ${row?.stored ?? 0}`,
      );
  }

  /** At the end: every stream whole, every catalog the org as it is. */
  settled(database: DatabaseSync): void {
    this.#compareStreams(database);
    for (const [service, org] of this.#orgs) {
      const tables = this.#tables(database, service);
      const objects = new Map(
        [...org.objects].map(([name, { revision }]) => [name, String(revision)]),
      );
      const wrong = [...new Set([...tables.keys(), ...objects.keys()])].filter(
        (name) => tables.get(name) !== objects.get(name),
      );
      for (const name of wrong)
        this.#world.violate(
          `in the end the catalog of ${service} has ${name} as ${tables.get(name) ?? 'gone'}, the org as ${objects.get(name) ?? 'gone'}`,
        );
    }
  }

  #compareCatalog(database: DatabaseSync, service: string, when: string): void {
    const views = [...this.views.values()].filter((view) => view.service === service);
    const well = new Set(
      this.#all<EndedRow>(database, WELL, service).map(
        ({ id, attempt, epoch }) => `${id}.${attempt}.${epoch}`,
      ),
    );
    const newest = views
      .filter(({ attempt }) => well.has(attempt))
      .toSorted((a, b) => b.began - a.began)[0];
    if (newest === undefined) return this.#world.violate(`${when} nobody knows what it saw`);
    const later = views.filter(({ began }) => began > newest.began);
    const tables = this.#tables(database, service);
    for (const name of new Set([...tables.keys(), ...newest.objects.keys()])) {
      const seen = newest.objects.get(name);
      const has = tables.get(name);
      if (seen === 'unread' || has === (seen === undefined ? undefined : String(seen))) continue;
      if (later.some(({ objects }) => has !== undefined && String(objects.get(name)) === has))
        continue;
      this.#world.violate(
        `${when} the catalog of ${service} has ${name} as ${has ?? 'gone'}; the newest run that ended well (${newest.attempt}) saw ${seen ?? 'that it is gone'}`,
      );
    }
  }

  #tables(database: DatabaseSync, service: string): Map<string, string> {
    return new Map(
      this.#all<{ name: string; description: string }>(database, TABLES, service).map(
        ({ name, description }) => [name, description],
      ),
    );
  }

  #all<T>(database: DatabaseSync, sql: string, ...values: (string | number)[]): T[] {
    return query(database, sql, values) as T[];
  }

  #compareStreams(database: DatabaseSync): void {
    const rows = database
      .prepare(`SELECT a.run_id AS run, a.epoch, a.attempt, a.stored_sequence AS stored, COUNT(r.sequence) AS records, MIN(r.sequence) AS first, MAX(r.sequence) AS last
      FROM attempts a LEFT JOIN records r ON r.run_id = a.run_id AND r.epoch = a.epoch GROUP BY a.run_id, a.epoch`)
      .all() as {
      run: string;
      epoch: number;
      attempt: number;
      stored: number;
      records: number;
      first: number | null;
      last: number | null;
    }[];
    for (const { run, epoch, attempt, stored, records, first, last } of rows) {
      if (records !== stored || (records > 0 && (first !== 1 || last !== stored)))
        this.#world.violate(
          `of ${run} epoch ${epoch} ${stored} records should be stored, and ${records} are, ${first ?? 0} to ${last ?? 0}`,
        );
      const told = this.#all<{ line: string }>(database, TOLD, run, epoch).map(
        ({ line }) => (JSON.parse(line) as { properties: { told: number; by: string } }).properties,
      );
      const wrong = told.findIndex(
        (one, index) => one.told !== index + 1 || one.by !== `${run}.${attempt}.${epoch}`,
      );
      if (wrong >= 0)
        this.#world.violate(
          `of ${run} epoch ${epoch} entity ${wrong + 1} is ${JSON.stringify(told[wrong])}`,
        );
    }
  }
}

function endedWell(state: string): boolean {
  return state === 'success' || state === 'partialSuccess';
}
