import type { DatabaseSync } from 'node:sqlite';
import { query } from './query.ts';
import { loadCodec, type FrameCodec } from '../../src/channel/codec.ts';
import type { Org, View } from './org.ts';
import type { World } from './world.ts';

/*
 * Invariants that every simulation checks:
 * - After each run that succeeded, the catalog of its service equals the org as read by the newest
 *   such run, or is newer where an attempt that began later has reported it.
 * - The records of each attempt are stored once, in order, without gaps.
 * - Only stored records are acknowledged.
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
const SUCCEEDED =
  "SELECT id, attempt, epoch FROM runs WHERE service = ? AND kind = 'metadata' AND state IN ('success', 'partialSuccess')";
const STORED = 'SELECT stored_sequence AS stored FROM attempts WHERE run_id = ? AND epoch = ?';
const TABLES =
  "SELECT name, description FROM entities WHERE service = ? AND type = 'table' AND deleted_at IS NULL";
const ENTITIES =
  "SELECT line FROM records WHERE run_id = ? AND epoch = ? AND kind = 'entity' ORDER BY sequence";

export class Checks {
  readonly #world: World;
  readonly #orgs: ReadonlyMap<string, Org>;
  readonly #codec: FrameCodec;
  readonly views = new Map<string, View>();
  readonly #judged = new Set<string>();
  /** Number of runs by final state. */
  readonly ends = new Map<string, number>();

  private constructor(world: World, orgs: ReadonlyMap<string, Org>, codec: FrameCodec) {
    this.#world = world;
    this.#orgs = orgs;
    this.#codec = codec;
  }

  static async create(world: World, orgs: ReadonlyMap<string, Org>): Promise<Checks> {
    return new Checks(world, orgs, await loadCodec());
  }

  /** Call when the store was replaced. */
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
      if (run.kind === 'metadata' && succeeded(run.state))
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
        `records of ${runId} epoch ${epoch} up to ${upTo} are acknowledged, but only ${row?.stored ?? 0} are stored`,
      );
  }

  /** At the end every stream is complete, and every catalog equals its org. */
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
          `at the end ${name} is ${tables.get(name) ?? 'deleted'} in the catalog of ${service}, but ${objects.get(name) ?? 'deleted'} in the org`,
        );
    }
  }

  #compareCatalog(database: DatabaseSync, service: string, when: string): void {
    const views = [...this.views.values()].filter((view) => view.service === service);
    const successful = new Set(
      this.#all<EndedRow>(database, SUCCEEDED, service).map(
        ({ id, attempt, epoch }) => `${id}.${attempt}.${epoch}`,
      ),
    );
    const newest = views
      .filter(({ attempt }) => successful.has(attempt))
      .toSorted((a, b) => b.began - a.began)[0];
    if (newest === undefined) return this.#world.violate(`${when} no run that succeeded is known`);
    const later = views.filter(({ began }) => began > newest.began);
    const tables = this.#tables(database, service);
    for (const name of new Set([...tables.keys(), ...newest.objects.keys()])) {
      const seen = newest.objects.get(name);
      const has = tables.get(name);
      if (seen === 'unread' || has === (seen === undefined ? undefined : String(seen))) continue;
      if (later.some(({ objects }) => has !== undefined && String(objects.get(name)) === has))
        continue;
      this.#world.violate(
        `${when} ${name} is ${has ?? 'deleted'} in the catalog of ${service}, but the newest run that succeeded (${newest.attempt}) read ${seen ?? 'deleted'}`,
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
          `${run} epoch ${epoch} should have ${stored} stored records, but has ${records}, from ${first ?? 0} to ${last ?? 0}`,
        );
      const reported = this.#all<{ line: string }>(database, ENTITIES, run, epoch).map(
        ({ line }) =>
          (JSON.parse(line) as { properties: { number: number; attempt: string } }).properties,
      );
      const wrong = reported.findIndex(
        (entity, index) =>
          entity.number !== index + 1 || entity.attempt !== `${run}.${attempt}.${epoch}`,
      );
      if (wrong >= 0)
        this.#world.violate(
          `entity ${wrong + 1} of ${run} epoch ${epoch} is ${JSON.stringify(reported[wrong])}`,
        );
    }
  }
}

function succeeded(state: string): boolean {
  return state === 'success' || state === 'partialSuccess';
}
