import type { ChildRelationship, ObjectEntry } from './model.ts';
import {
  childRelationship,
  planReferences,
  type Neighborhood,
  type Reference,
} from './references.ts';
import { companionReferences, systemReferences } from './system-fields.ts';

/** The references between a set of objects. Rebuilt when the set changes. */
export class Relations {
  readonly #entries: ReadonlyMap<string, ObjectEntry>;
  readonly #seed: number;
  readonly #near: Neighborhood;
  readonly #edit: (object: string, planned: readonly Reference[]) => readonly Reference[];
  readonly #references = new Map<string, readonly Reference[]>();
  #children: Map<string, ChildRelationship[]> | null = null;

  /** `edit` applies edits to the planned references. */
  constructor(
    entries: ReadonlyMap<string, ObjectEntry>,
    seed: number,
    edit: (object: string, planned: readonly Reference[]) => readonly Reference[],
  ) {
    this.#entries = entries;
    this.#seed = seed;
    this.#edit = edit;
    const targets = [...entries.values()].filter(
      (entry) => entry.kind === 'standard' || entry.kind === 'custom',
    );
    this.#near = {
      has: (name) => entries.has(name),
      targets,
      anyTargets: targets.slice(0, 40).map((entry) => entry.name),
    };
  }

  /** All reference fields of the object: its own, then owner and audit fields. */
  references(name: string): readonly Reference[] {
    const known = this.#references.get(name);
    if (known) return known;
    const entry = this.#entries.get(name);
    const made = entry ? this.#edit(name, this.#plan(entry)) : [];
    this.#references.set(name, made);
    return made;
  }

  /** Child relationships of the object, as in its describe. */
  children(name: string): readonly ChildRelationship[] {
    this.#children ??= this.#index();
    return this.#children.get(name) ?? [];
  }

  #plan(entry: ObjectEntry): Reference[] {
    if (entry.kind === 'changeEvent') {
      const parent = this.references(entry.parent ?? '');
      return parent.map((made) => ({ ...made, down: null, masterDetail: false }));
    }
    if (entry.parent)
      return companionReferences(entry).filter((made) =>
        made.targets.every((target) => this.#entries.has(target)),
      );
    const own = planReferences(entry, this.#near, this.#seed);
    const system = systemReferences(
      entry,
      own.some((made) => made.masterDetail),
    );
    return [
      ...own,
      ...system.map((made) => this.#existing(made)).filter((made) => made.targets.length > 0),
    ];
  }

  #existing(made: Reference): Reference {
    return { ...made, targets: made.targets.filter((target) => this.#entries.has(target)) };
  }

  #index(): Map<string, ChildRelationship[]> {
    const index = new Map<string, ChildRelationship[]>();
    for (const entry of this.#entries.values()) {
      for (const made of this.references(entry.name)) this.#file(index, entry.name, made);
    }
    for (const list of index.values())
      list.sort((a, b) => (a.childSObject < b.childSObject ? -1 : 1));
    return index;
  }

  #file(index: Map<string, ChildRelationship[]>, child: string, made: Reference): void {
    for (const target of made.targets) {
      const list = index.get(target) ?? [];
      const taken =
        made.down !== null &&
        list.some((known) => known.relationshipName === made.down && known.childSObject === child);
      list.push(childRelationship(child, taken ? { ...made, down: null } : made));
      index.set(target, list);
    }
  }
}
