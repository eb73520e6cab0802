import { BoundedCache } from '../org/bounded-cache.ts';
import { describe, describeGlobal, type DescribeTarget } from '../org/describe.ts';
import type { ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';

const CACHE_CHARACTERS = 16_000_000;

/** A cache of serialized describes with a size limit; their sizes are all kept. */
export class DescribeStore {
  readonly #org: Org;
  readonly #bodies = new BoundedCache<string>(CACHE_CHARACTERS);
  readonly #sizes = new Map<string, number>();
  #revision = 0;

  constructor(org: Org) {
    this.#org = org;
  }

  describe(entry: ObjectEntry, target: DescribeTarget): string {
    return this.#body(entry.name, target, () => describe(this.#org, entry, target));
  }

  describeGlobal(target: DescribeTarget): string {
    return this.#body('', target, () => describeGlobal(this.#org, target));
  }

  /** Length of the object's describe in characters. */
  size(entry: ObjectEntry, target: DescribeTarget): number {
    this.#refresh();
    return this.#sizes.get(entry.name) ?? this.describe(entry, target).length;
  }

  #body(name: string, target: DescribeTarget, make: () => string): string {
    this.#refresh();
    const key = `${target.version} ${target.origin} ${name}`;
    const known = this.#bodies.get(key);
    if (known !== undefined) return known;
    const body = make();
    this.#bodies.set(key, body, body.length);
    this.#sizes.set(name, body.length);
    return body;
  }

  /**
   * An edit invalidates every describe, because references and child relationships cross objects.
   */
  #refresh(): void {
    if (this.#revision === this.#org.revision) return;
    this.#revision = this.#org.revision;
    this.#bodies.clear();
    this.#sizes.clear();
  }
}
