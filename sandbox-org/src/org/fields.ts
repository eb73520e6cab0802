import { FieldFactory } from './custom-fields.ts';
import { ownFieldCount } from './field-kinds.ts';
import { parseSpecs, traitsOf } from './field-spec.ts';
import { fieldTraits } from './field-shapes.ts';
import { remember, type FormulaScope } from './formulas.ts';
import { hasLayouts } from './layouts.ts';
import type { Field, FieldTraits, ObjectEntry } from './model.ts';
import { randomFor, type Random } from './random.ts';
import { referenceTraits, type Reference } from './references.ts';
import { STANDARD_OBJECTS } from './standard-objects.ts';
import { companionTraits } from './companion-fields.ts';
import { auditTraits, changeEventHeader, idTraits } from './system-fields.ts';

/** Facts of the org that an object's fields depend on. */
export interface FieldContext {
  readonly seed: number;
  /** All reference fields of the object, planned and system ones. */
  readonly references: readonly Reference[];
  /** A detail object of this one, if any. */
  readonly detail: string | null;
  /** A custom metadata type of the org, if any. */
  readonly metadata: string | null;
  /** Fields of another object, repeated by change events. */
  fieldsOf(name: string): readonly Field[];
}

const NOTATION = new Map(STANDARD_OBJECTS.map(([name, , line]) => [name, line]));
const COMPANIONS = new Set(['share', 'history', 'feed']);

/** All fields of an object, in describe order; the same for the same seed, entry and references. */
export function makeFields(entry: ObjectEntry, context: FieldContext): Field[] {
  return oneNameField(drafts(entry, context));
}

function drafts(entry: ObjectEntry, context: FieldContext): Field[] {
  if (COMPANIONS.has(entry.kind)) return companionTraits(entry).map(plain);
  if (entry.kind === 'changeEvent') return changeEventDrafts(entry, context);
  const random = randomFor(`${context.seed}:fields:${entry.name}`);
  const system = auditTraits(entry, context.references);
  const taken = new Set(system.map((traits) => traits.name));
  const listed = [
    idTraits(entry),
    ...nameTraits(entry),
    ...listedTraits(entry, context, random),
    ...looseReferences(entry, context, taken),
  ];
  const unique = new Map([...listed, ...system].map((traits) => [traits.name, traits]));
  return [
    ...[...unique.values()].map(plain),
    ...ownDrafts(entry, context, random, [...unique.values()]),
  ];
}

const plain = (traits: FieldTraits): Field => ({ traits, rollUp: null });

function ownDrafts(
  entry: ObjectEntry,
  context: FieldContext,
  random: Random,
  known: FieldTraits[],
): Field[] {
  const scope: FormulaScope = {
    numbers: [],
    dates: [],
    choices: [],
    texts: [],
    paths: pathsOf(context.references),
    metadata: context.metadata,
    child: context.detail,
  };
  for (const traits of known) remember(scope, traits);
  const custom = entry.kind !== 'standard' || (NOTATION.has(entry.name) && hasLayouts(entry));
  const factory = new FieldFactory(
    entry,
    random,
    scope,
    known.map((traits) => traits.name),
    custom,
  );
  const made: Field[] = promisedFields(entry);
  for (let count = ownFieldCount(entry, random); count > 0; count--) {
    const { traits, rollUp } = factory.next();
    for (const one of traits) {
      made.push({ traits: one, rollUp });
      remember(scope, one);
    }
  }
  return made;
}

/**
 * Fields that formulas of other objects refer to: a code on packaged objects, a rate on custom
 * metadata types.
 */
function promisedFields(entry: ObjectEntry): Field[] {
  if (entry.kind === 'metadata' && !entry.namespace)
    return [plain(fieldTraits('double', 'Rate__c', 'Rate', { custom: true }, 18, 4))];
  if (entry.kind !== 'custom' || !entry.namespace) return [];
  return [
    plain(
      fieldTraits(
        'string',
        `${entry.namespace}__Code__c`,
        'Code',
        { custom: true, externalId: true, idLookup: true, unique: true },
        40,
      ),
    ),
  ];
}

/** `Owner.Name`, `Vendor__r.Name`, and the code field of a packaged lookup target. */
function pathsOf(references: readonly Reference[]): string[] {
  return references
    .filter((made) => made.up && made.targets.length === 1)
    .flatMap((made) => {
      const namespace = /^([a-z]+)__\w+__c$/.exec(made.targets[0] ?? '')?.[1];
      return namespace
        ? [`${made.up}.Name`, `${made.up}.${namespace}__Code__c`]
        : [`${made.up}.CreatedDate`, `${made.up}.Id`];
    });
}

/** The first fields of every object of a kind, such as its name. */
function nameTraits(entry: ObjectEntry): FieldTraits[] {
  const systemWritten = { createable: false, updateable: false };
  switch (entry.kind) {
    case 'metadata':
      return METADATA_NAMES.map((name) =>
        fieldTraits(
          'string',
          name,
          name,
          {
            permissionable: false,
            nillable: name === 'NamespacePrefix',
            nameField: name === 'Label',
          },
          80,
        ),
      );
    case 'event':
      return [
        fieldTraits('string', 'ReplayId', 'Replay ID', systemWritten),
        fieldTraits('string', 'EventUuid', 'Event UUID', systemWritten, 36),
      ];
    case 'external':
      return [
        fieldTraits('string', 'ExternalId', 'External ID', {
          nillable: false,
          idLookup: true,
          nameField: true,
          unique: true,
        }),
        fieldTraits('url', 'DisplayUrl', 'Display URL', {}, 1000),
      ];
    default:
      return entry.kind === 'big' || NOTATION.has(entry.name) ? [] : [plainName(entry)];
  }
}

const METADATA_NAMES = [
  'DeveloperName',
  'MasterLabel',
  'Language',
  'NamespacePrefix',
  'Label',
  'QualifiedApiName',
] as const;

function plainName(entry: ObjectEntry): FieldTraits {
  const isCustom = entry.kind === 'custom';
  const more = { nameField: true, idLookup: true, nillable: isCustom, permissionable: false };
  return fieldTraits(
    'string',
    'Name',
    isCustom ? `${entry.label} Name` : 'Name',
    more,
    entry.kind === 'setting' ? 38 : 80,
  );
}

/** The listed fields of a standard object in order, references included. */
function listedTraits(entry: ObjectEntry, context: FieldContext, random: Random): FieldTraits[] {
  const line = entry.kind === 'standard' ? NOTATION.get(entry.name) : undefined;
  if (!line) return [];
  const references = new Map(context.references.map((made) => [made.field, made]));
  return parseSpecs(line).flatMap((spec) => {
    if (spec.type !== 'reference') return traitsOf(spec, random);
    const made = references.get(spec.name);
    return made ? [referenceTraits(made)] : [];
  });
}

function looseReferences(
  entry: ObjectEntry,
  context: FieldContext,
  taken: ReadonlySet<string>,
): FieldTraits[] {
  const line = NOTATION.get(entry.name) ?? '';
  return context.references
    .filter((made) => !taken.has(made.field) && !line.includes(`${made.field}>`))
    .map(referenceTraits);
}

/** A change event repeats the stored fields of its object, nullable and read-only. */
function changeEventDrafts(entry: ObjectEntry, context: FieldContext): Field[] {
  const stored = context
    .fieldsOf(entry.parent ?? '')
    .filter(({ traits }) => !traits.calculated && !SKIPPED.has(traits.name));
  const repeated = stored.map(({ traits }) => ({
    ...traits,
    nillable: true,
    createable: false,
    updateable: false,
    nameField: false,
    unique: false,
  }));
  return [idTraits(entry), ...changeEventHeader(), ...repeated].map(plain);
}

const SKIPPED = new Set(['Id', 'IsDeleted', 'SystemModstamp']);

function oneNameField(all: Field[]): Field[] {
  let seen = false;
  return all.map((draft) => {
    if (!draft.traits.nameField) return draft;
    if (!seen) {
      seen = true;
      return draft;
    }
    return { ...draft, traits: { ...draft.traits, nameField: false } };
  });
}
