import { customFieldId, developerName, entityId, isCustom } from '../org/durable-ids.ts';
import { idFor, toLongId } from '../org/ids.ts';
import type { Field, ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { randomFor } from '../org/random.ts';

/** A custom field with the object that it is on. */
export interface CustomFieldSource {
  readonly entry: ObjectEntry;
  readonly field: Field;
  readonly id: string;
}

/** All custom fields of an org, good for one revision of it: generating those of 3,000 objects takes the better part of a second. */
const generated = new WeakMap<
  Org,
  { readonly revision: number; readonly fields: readonly CustomFieldSource[] }
>();

/** Of all objects, or of those with these durable ids. */
export function customFields(
  org: Org,
  entities: readonly string[] | null = null,
): Iterable<CustomFieldSource> {
  if (entities !== null) return generateFields(org, entities);
  let known = generated.get(org);
  if (known?.revision !== org.revision) {
    known = { revision: org.revision, fields: [...generateFields(org, null)] };
    generated.set(org, known);
  }
  return known.fields;
}

function* generateFields(
  org: Org,
  entities: readonly string[] | null,
): Generator<CustomFieldSource> {
  for (const entry of org.list()) {
    if (entry.parent || (entities !== null && !entities.includes(entityId(entry)))) continue;
    for (const field of org.fields(entry.name)) {
      if (field.traits.custom)
        yield { entry, field, id: toLongId(customFieldId(entry.name, field.traits.name)) };
    }
  }
}

/** A piece of automation or code that belongs to an object, if it belongs to one. */
export interface Component {
  readonly id: string;
  readonly name: string;
  readonly entry: ObjectEntry | null;
  readonly namespace: string | null;
  readonly active: boolean;
  /** A field that the component mentions. */
  readonly field: string;
}

const MAIN = new Set(['standard', 'custom']);

/** What was invented for an org, good for one revision of it. */
const invented = new WeakMap<
  Org,
  { readonly revision: number; readonly lists: Map<string, readonly Component[]> }
>();

/** Components for the share `likelihood` of main objects, `most` at the most for each. */
export function components(
  org: Org,
  prefix: string,
  label: string,
  likelihood: number,
  most: number,
): readonly Component[] {
  let known = invented.get(org);
  if (known?.revision !== org.revision) {
    known = { revision: org.revision, lists: new Map() };
    invented.set(org, known);
  }
  const list = known.lists.get(label) ?? [...invent(org, prefix, label, likelihood, most)];
  known.lists.set(label, list);
  return list;
}

function* invent(
  org: Org,
  prefix: string,
  label: string,
  likelihood: number,
  most: number,
): Generator<Component> {
  for (const entry of org.list()) {
    const random = randomFor(`${org.seed}:${label}:${entry.name}`);
    if (!MAIN.has(entry.kind) || !random.chance(likelihood)) continue;
    for (let n = random.int(1, most); n > 0; n--) {
      const name = `${developerName(entry.name)}_${label}_${n}`.replaceAll(/_+/g, '_');
      const field =
        org.fields(entry.name).find(({ traits }) => traits.custom && !traits.calculated)?.traits
          .name ?? 'Name';
      const id = toLongId(idFor(prefix, `${entry.name}.${label}.${n}`));
      yield { id, name, entry, namespace: entry.namespace, active: random.chance(0.8), field };
    }
  }
}

/** Custom objects of every kind, settings and custom metadata types included. */
export function customObjects(org: Org): ObjectEntry[] {
  return org.list().filter(isCustom);
}
