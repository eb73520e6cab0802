import type { FieldKind } from './field-kinds.ts';
import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import { autoNumberTraits, locationTraits } from './field-spec.ts';
import { formula, type FormulaScope } from './formulas.ts';
import type { FieldDescription, FieldTraits } from './model.ts';
import { dependOn, picklist } from './picklists.ts';
import type { Random } from './random.ts';

/** A field to build. */
export interface Draft {
  readonly random: Random;
  readonly scope: FormulaScope;
  readonly name: string;
  readonly label: string;
}

type Build = (draft: Draft) => FieldTraits;

const text: Build = ({ random, name, label }) =>
  fieldTraits('string', name, label, key(random), random.pick([255, 255, 80, 50, 20, 18, 10]));
const plain =
  (type: 'date' | 'datetime' | 'time' | 'phone' | 'encryptedstring'): Build =>
  ({ name, label }) =>
    fieldTraits(type, name, label);
const RICH = { extraTypeInfo: 'richtextarea', htmlFormatted: true } as const;
const ROLL_UP = { ...READ_ONLY, calculated: true, permissionable: true } as const;

/**
 * Builders of the kinds that consist of one independent field. The order of random draws determines
 * a seed's org.
 */
const BUILDERS: Readonly<Record<Exclude<FieldKind, 'choice' | 'place'>, Build>> = {
  text,
  multi: ({ random, name, label }) =>
    fieldTraits(
      'multipicklist',
      name,
      label,
      { picklistValues: picklist(random, null) },
      random.pick([3, 4, 5, 10]),
    ),
  flag: ({ random, name, label }) =>
    fieldTraits('boolean', name, label, { defaultValue: random.chance(0.1) }),
  date: plain('date'),
  datetime: plain('datetime'),
  time: plain('time'),
  number: ({ random, name, label }) =>
    fieldTraits('double', name, label, {}, 18, random.pick([0, 0, 0, 2, 4, 15])),
  money: ({ random, name, label }) =>
    fieldTraits('currency', name, label, {}, random.pick([18, 18, 16, 14]), random.pick([2, 2, 0])),
  percent: ({ random, name, label }) =>
    fieldTraits('percent', name, label, {}, random.pick([18, 5, 3]), random.pick([0, 2, 3])),
  long: ({ random, name, label }) =>
    fieldTraits('textarea', name, label, {}, random.pick([255, 32_000, 32_768, 131_072])),
  rich: ({ random, name, label }) =>
    fieldTraits('textarea', name, label, RICH, random.pick([32_768, 131_072])),
  formula: ({ random, scope, name, label }) => formula(random, scope, name, label),
  phone: plain('phone'),
  email: ({ random, name, label }) => fieldTraits('email', name, label, key(random)),
  url: ({ random, name, label }) => fieldTraits('url', name, label, {}, random.pick([255, 1024])),
  auto: ({ name, label }) => ({
    ...autoNumberTraits(name, label, 30),
    nameField: false,
    idLookup: false,
  }),
  secret: plain('encryptedstring'),
  rollUp: ({ name, label }) => fieldTraits('double', name, label, ROLL_UP, 18, 2),
};

/** The traits of a field other than a picklist; a location has three. */
export function buildField(kind: Exclude<FieldKind, 'choice'>, draft: Draft): FieldTraits[] {
  return kind === 'place' ? locationTraits(draft.name, draft.label, {}) : [BUILDERS[kind](draft)];
}

/** One text field in twelve is an external id, usually unique. */
function key(random: Random): Partial<FieldDescription> {
  if (!random.chance(0.08)) return {};
  const unique = random.chance(0.8);
  return {
    externalId: true,
    idLookup: true,
    unique,
    caseSensitive: unique && random.chance(0.4),
  };
}

/** Builds a picklist; a fifth of them depend on the object's previous independent picklist. */
export function buildPicklist(
  { random, name, label }: Draft,
  controller: FieldTraits | null,
): { readonly traits: FieldTraits; readonly isDependent: boolean } {
  const values = picklist(random, null);
  const restrictedPicklist = random.chance(0.5);
  if (!controller || !random.chance(0.2)) {
    const traits = fieldTraits('picklist', name, label, {
      picklistValues: values,
      restrictedPicklist,
    });
    return { traits, isDependent: false };
  }
  const picklistValues = dependOn(values, controller.picklistValues?.length ?? 0, random);
  const traits = fieldTraits('picklist', name, label, {
    picklistValues,
    dependentPicklist: true,
    controllerName: controller.name,
    restrictedPicklist,
  });
  return { traits, isDependent: true };
}
