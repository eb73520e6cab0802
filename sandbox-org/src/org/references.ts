import { parseSpecs } from './field-spec.ts';
import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import { hasLayouts } from './layouts.ts';
import type { ChildRelationship, FieldTraits, ObjectEntry, ObjectKind } from './model.ts';
import { randomFor, type Random } from './random.ts';
import { STANDARD_OBJECTS } from './standard-objects.ts';
import { labelOf, pluralOf } from './labels.ts';

/**
 * A reference field, planned before the object's other fields because child relationships depend on
 * it.
 */
export interface Reference {
  readonly field: string;
  readonly label: string;
  readonly targets: readonly string[];
  /** Relationship name from child to parent (`Account`, `Vendor__r`), if any. */
  readonly up: string | null;
  /** Relationship name from parent to children, if any. */
  readonly down: string | null;
  readonly masterDetail: boolean;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly filtered: boolean;
}

/** Facts of the org that reference planning depends on. */
export interface Neighborhood {
  has(name: string): boolean;
  /** Main objects that others may look up to, in the order of the object list. */
  readonly targets: readonly ObjectEntry[];
  /** Targets of a reference to "any record". */
  readonly anyTargets: readonly string[];
}

const NOTATION = new Map(STANDARD_OBJECTS.map(([name, , line]) => [name, line]));
const POPULAR = ['Account', 'Contact', 'User', 'Opportunity', 'Case', 'Product2'];

/** The reference fields of an object in describe order, without audit fields. */
export function planReferences(entry: ObjectEntry, near: Neighborhood, seed: number): Reference[] {
  const random = randomFor(`${seed}:references:${entry.name}`);
  const line = entry.kind === 'standard' ? NOTATION.get(entry.name) : undefined;
  const listed = line ? listedReferences(entry, line, near) : [];
  return [...listed, ...inventedReferences(entry, near, random, listed)].filter(
    (reference) => reference.targets.length > 0,
  );
}

function listedReferences(entry: ObjectEntry, line: string, near: Neighborhood): Reference[] {
  return parseSpecs(line)
    .filter((spec) => spec.type === 'reference')
    .map((spec) => {
      const targets =
        spec.targets[0] === '#any'
          ? near.anyTargets
          : spec.targets.filter((target) => near.has(target));
      return reference(spec.name, targets, {
        up: spec.name.replace(/Id$/, ''),
        down: targets.length > 1 ? null : downName(entry, spec.name, targets),
        masterDetail: spec.masterDetail,
        required: spec.required,
        readOnly: spec.readOnly,
      });
    });
}

function downName(entry: ObjectEntry, field: string, targets: readonly string[]): string {
  const plural = pluralOf(labelOf(entry.name)).replaceAll(' ', '');
  const stem = field.replace(/Id$/, '');
  if (targets[0] === entry.name) return stem === 'Parent' ? `Child${plural}` : `${stem}${plural}`;
  return stem === targets[0] ? plural : `${stem}${plural}`;
}

/** Half the maximum of added lookups, by kind of object. */
const LOOKUPS: Partial<Record<ObjectKind, number>> = {
  standard: 3,
  custom: 4,
  external: 1,
  big: 1,
};

/**
 * Lookups added by admins: custom ones on all objects, standard-looking ones on lesser-known
 * standard objects.
 */
function inventedReferences(
  entry: ObjectEntry,
  near: Neighborhood,
  random: Random,
  listed: readonly Reference[],
): Reference[] {
  const count = NOTATION.has(entry.name) ? 2 : (LOOKUPS[entry.kind] ?? 0);
  const used = new Set(listed.map((known) => known.field));
  const references: Reference[] = [];
  for (let i = 0; i < random.int(0, count * 2); i++) {
    const target = random.chance(0.5) ? random.pick(POPULAR) : random.pick(near.targets).name;
    if (!near.has(target) || (isFixed(entry) && target.endsWith('__c'))) continue;
    const made = invented(entry, target, random, i === 0);
    if (!used.has(made.field)) references.push(made);
    used.add(made.field);
  }
  return references;
}

/** Administrators cannot add fields to it. */
const isFixed = (entry: ObjectEntry): boolean => entry.kind === 'standard' && !hasLayouts(entry);

function invented(entry: ObjectEntry, target: string, random: Random, first: boolean): Reference {
  const stem = target.replace(/^[a-z]+__/, '').replace(/__[a-z]+$/, '');
  const role = random.chance(0.3)
    ? random.pick(['Primary', 'Related', 'Former', 'Backup', 'Billing'])
    : '';
  const filtered = random.chance(0.08);
  if (
    isFixed(entry) ||
    (entry.kind === 'standard' && !NOTATION.has(entry.name) && !target.endsWith('__c'))
  ) {
    return reference(`${role}${stem}Id`, [target], {
      up: role + stem,
      down: role + pluralOf(labelOf(entry.name)).replaceAll(' ', ''),
      filtered,
    });
  }
  const space = entry.namespace ? `${entry.namespace}__` : '';
  const base = `${space}${role ? `${role}_` : ''}${stem}`;
  const masterDetail =
    first &&
    entry.kind === 'custom' &&
    random.chance(0.3) &&
    target !== entry.name &&
    target !== 'User';
  const down = `${space}${pluralOf(plainStem(entry))}${role}__r`;
  return reference(`${base}__c`, [target], {
    up: `${base}__r`,
    down,
    masterDetail,
    filtered,
    required: masterDetail,
  });
}

function plainStem(entry: ObjectEntry): string {
  return entry.name.replace(/^[a-z]+__/, '').replace(/__[a-z]+$/, '');
}

export function reference(
  field: string,
  targets: readonly string[],
  more: Partial<Reference> = {},
): Reference {
  const label = field.endsWith('__c')
    ? labelOf(field.replace(/^[a-z]+__/, '').replace(/__c$/, ''))
    : labelOf(field).replace(/ Id$/, ' ID');
  return {
    field,
    label,
    targets,
    up: field.replace(/Id$/, ''),
    down: null,
    masterDetail: false,
    required: false,
    readOnly: false,
    filtered: false,
    ...more,
  };
}

/** The describe traits of the reference field. */
export function referenceTraits(made: Reference): FieldTraits {
  return fieldTraits('reference', made.field, made.label, {
    ...(made.readOnly ? READ_ONLY : {}),
    ...(made.required ? { nillable: false, permissionable: false } : {}),
    referenceTo: [...made.targets].sort(),
    relationshipName: made.up,
    custom: made.field.endsWith('__c'),
    polymorphicForeignKey: made.targets.length > 1,
    namePointing: made.targets.length > 1,
    ...(made.masterDetail
      ? { relationshipOrder: 0, cascadeDelete: true, writeRequiresMasterRead: true }
      : {}),
    ...(made.filtered
      ? { filteredLookupInfo: { controllingFields: [], dependent: false, optionalFilter: true } }
      : {}),
  });
}

/** The reference as a child relationship in the target's describe. */
export function childRelationship(child: string, made: Reference): ChildRelationship {
  return {
    cascadeDelete: made.masterDetail,
    childSObject: child,
    deprecatedAndHidden: false,
    field: made.field,
    junctionIdListNames: [],
    junctionReferenceTo: [],
    relationshipName: made.down,
    restrictedDelete: false,
  };
}
