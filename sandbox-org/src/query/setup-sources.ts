import { customFieldId, developerName, entityId, isCustom } from '../org/durable-ids.ts';
import { idFor, toLongId } from '../org/ids.ts';
import { hasLayouts } from '../org/layouts.ts';
import type { Field, ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { randomFor } from '../org/random.ts';

/** A custom field with its object. */
export interface CustomFieldSource {
  readonly entry: ObjectEntry;
  readonly field: Field;
  readonly id: string;
}

/**
 * All custom fields by org, valid for one revision: generating those of 3,000 objects takes most of
 * a second.
 */
const generatedFields = new WeakMap<
  Org,
  { readonly revision: number; readonly fields: readonly CustomFieldSource[] }
>();

/** The custom fields of all objects, or of those with these durable ids. */
export function customFields(
  org: Org,
  entities: readonly string[] | null = null,
): Iterable<CustomFieldSource> {
  if (entities !== null) return generateFields(org, entities);
  let known = generatedFields.get(org);
  if (known?.revision !== org.revision) {
    known = { revision: org.revision, fields: [...generateFields(org, null)] };
    generatedFields.set(org, known);
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

/** A piece of automation or code, usually of an object. */
export interface Component {
  readonly id: string;
  readonly name: string;
  readonly entry: ObjectEntry | null;
  readonly namespace: string | null;
  readonly active: boolean;
  /** A field that the component refers to. */
  readonly field: string;
}

/** Generated components by org, valid for one revision. */
const generatedComponents = new WeakMap<
  Org,
  { readonly revision: number; readonly lists: Map<string, readonly Component[]> }
>();

/** Up to `max` components for the fraction `likelihood` of the objects with page layouts. */
export function components(
  org: Org,
  prefix: string,
  label: string,
  likelihood: number,
  max: number,
): readonly Component[] {
  let known = generatedComponents.get(org);
  if (known?.revision !== org.revision) {
    known = { revision: org.revision, lists: new Map() };
    generatedComponents.set(org, known);
  }
  const list = known.lists.get(label) ?? [
    ...generateComponents(org, prefix, label, likelihood, max),
  ];
  known.lists.set(label, list);
  return list;
}

function* generateComponents(
  org: Org,
  prefix: string,
  label: string,
  likelihood: number,
  max: number,
): Generator<Component> {
  for (const entry of org.list()) {
    const random = randomFor(`${org.seed}:${label}:${entry.name}`);
    if (!hasLayouts(entry) || !random.chance(likelihood)) continue;
    for (let n = random.int(1, max); n > 0; n--) {
      const name = `${developerName(entry.name)}_${label}_${n}`.replaceAll(/_+/g, '_');
      const field =
        org.fields(entry.name).find(({ traits }) => traits.custom && !traits.calculated)?.traits
          .name ?? 'Name';
      const id = toLongId(idFor(prefix, `${entry.name}.${label}.${n}`));
      yield { id, name, entry, namespace: entry.namespace, active: random.chance(0.8), field };
    }
  }
}

/** All custom objects, including settings and custom metadata types. */
export function customObjects(org: Org): ObjectEntry[] {
  return org.list().filter(isCustom);
}
