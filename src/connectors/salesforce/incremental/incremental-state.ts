import type { ListedObject } from '../describe/object-list.ts';
import {
  hashOf,
  hashOfText,
  type KnownEdits,
  STORED_STATE_VERSION,
  type StoredState,
} from './stored-state.ts';

/** Far more objects than an org can have. */
const MAX_OBJECTS = 50_000;

type ObjectState = readonly [listed: string, sent: string, columns: number];

/**
 * Compares what this run finds with the previous run of the same job, and collects what the next
 * run needs.
 */
export class IncrementalState {
  readonly #key: string;
  readonly #now: number;
  readonly #previous: StoredState | undefined;
  readonly #objects = new Map<string, ObjectState>();
  readonly #failed = new Map<string, ListedObject>();
  /**
   * Previous runs covered all objects together, but no single run did, so what depends on all
   * objects was never sent.
   */
  readonly #readAgain: boolean;
  #customFields: number | undefined;
  readonly #rows: Map<string, number>;
  #knownEdits: KnownEdits | undefined;
  #finalized: boolean;

  constructor(previous: StoredState | undefined, key: unknown, now: number) {
    this.#key = hashOf(key);
    this.#now = now;
    this.#previous = previous;
    this.#customFields = previous?.customFields;
    this.#knownEdits = previous?.knownEdits;
    this.#rows = new Map(Object.entries(previous?.rows ?? {}));
    this.#finalized = previous?.closed ?? false;
    this.#readAgain = previous?.complete === true && !this.#finalized && !previous.readAgain;
  }

  /** Changes are queried from this time on (an HTTP date); undefined for a full run. */
  get since(): string | undefined {
    return this.#readAgain ? undefined : this.#previous?.since;
  }

  /**
   * Whether the previous run covered every object: if the org is unchanged, only failed objects
   * need another try.
   */
  get complete(): boolean {
    return this.#previous?.complete === true && !this.#readAgain;
  }

  /** Objects that the previous run sent or found unchanged. */
  get names(): readonly string[] {
    return Object.keys(this.#previous?.objects ?? {});
  }

  get failed(): readonly ListedObject[] {
    return this.#previous?.failed ?? [];
  }

  get missing(): readonly string[] {
    return this.#previous?.missing ?? [];
  }

  /** Whether the previous run read the object and the org still lists it the same way. */
  isListedUnchanged(object: ListedObject): boolean {
    return this.#previousOf(object.name)?.[0] === hashOf(object);
  }

  /** The previous run's count of custom fields created before `since`, if it could count them. */
  get customFields(): number | undefined {
    return this.#previous?.customFields;
  }

  /** Sets the count that the next run compares with: custom fields created before its `since`. */
  setCustomFields(count: number | undefined): void {
    this.#customFields = count;
  }

  /** Edits of fields that a filter by date must find; undefined where none is used. */
  get knownEdits(): KnownEdits | undefined {
    return this.#knownEdits;
  }

  setKnownEdits(edits: KnownEdits | undefined): void {
    this.#knownEdits = edits;
  }

  /** The number of rows of the last answer to a query; undefined if it was not asked. */
  rowsOf(query: string): number | undefined {
    return this.#rows.get(query);
  }

  setRows(query: string, rows: number): void {
    this.#rows.set(query, rows);
  }

  /** The previous number of columns; undefined for an object that was not sent. */
  columnsOf(name: string): number | undefined {
    return this.#previousOf(name)?.[2];
  }

  /** The records that depend on all objects have been sent. */
  markFinalized(): void {
    this.#finalized = true;
  }

  /** Keeps the previous state of an object that this run does not read. */
  carryOver(name: string): void {
    const previous = this.#previousOf(name);
    if (previous !== undefined) this.#objects.set(name, previous);
  }

  /**
   * Stores an object's record, encoded as `json`. Returns whether it differs from the one the
   * previous run sent.
   */
  update(listed: ListedObject, json: string, columns: number): boolean {
    const sent = hashOfText(json);
    const changed = this.#previousOf(listed.name)?.[1] !== sent;
    this.#objects.set(listed.name, [hashOf(listed), sent, columns]);
    return changed;
  }

  /** The object failed or is incomplete, so the next run tries it again. */
  markFailed(listed: ListedObject): void {
    this.#objects.delete(listed.name);
    this.#failed.set(listed.name, listed);
  }

  /**
   * The state to store for the next run; `selected` is the number of objects that the job selects.
   */
  snapshot(since: string, selected: number, missing: readonly string[]): StoredState | undefined {
    const covered = this.#objects.size + this.#failed.size;
    if (covered > MAX_OBJECTS) return undefined;
    const { wholeAt = this.#now, readAgain = false } = this.#previous ?? {};
    return {
      version: STORED_STATE_VERSION,
      key: this.#key,
      wholeAt: this.#readAgain ? this.#now : wholeAt,
      since,
      objects: Object.fromEntries(this.#objects),
      ...(this.#customFields === undefined ? {} : { customFields: this.#customFields }),
      ...(this.#knownEdits === undefined ? {} : { knownEdits: this.#knownEdits }),
      rows: Object.fromEntries(this.#rows),
      failed: [...this.#failed.values()],
      missing: [...missing],
      complete: covered === selected,
      closed: this.#finalized,
      readAgain: this.#readAgain || readAgain,
    };
  }

  #previousOf(name: string): ObjectState | undefined {
    const objects = this.#previous?.objects;
    return objects !== undefined && Object.hasOwn(objects, name) ? objects[name] : undefined;
  }
}
