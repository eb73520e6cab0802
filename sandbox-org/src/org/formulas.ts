import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import type { FieldTraits, FieldType } from './model.ts';
import type { Random } from './random.ts';

/** The fields and paths that a formula of an object may refer to. */
export interface FormulaScope {
  /** Fields generated so far, by kind. */
  readonly numbers: string[];
  readonly dates: string[];
  readonly choices: string[];
  readonly texts: string[];
  /** Paths over lookups, such as `Vendor__r.Name` or `Owner.Email`. */
  readonly paths: readonly string[];
  /** A custom metadata type of the org that has a `Rate__c`. */
  readonly metadata: string | null;
  /** A detail object of this one, for roll-up summaries. */
  readonly child: string | null;
}

/** Adds a new field to the scope of later formulas. */
export function remember(scope: FormulaScope, traits: FieldTraits): void {
  if (traits.compoundFieldName) return;
  if (
    traits.type === 'double' ||
    traits.type === 'currency' ||
    traits.type === 'percent' ||
    traits.type === 'int'
  )
    scope.numbers.push(traits.name);
  else if (traits.type === 'date') scope.dates.push(traits.name);
  else if (traits.type === 'picklist') scope.choices.push(traits.name);
  else if (traits.type === 'string' && !traits.calculated) scope.texts.push(traits.name);
}

/**
 * A formula field: calculated, read-only, with a text that names existing fields, some of them
 * across a lookup.
 */
export function formula(
  random: Random,
  scope: FormulaScope,
  name: string,
  label: string,
): FieldTraits {
  const formulaTreatNullNumberAsZero = random.chance(0.7);
  const number = scope.numbers.length > 0 ? random.pick(scope.numbers) : null;
  const draw = random.int(0, 4);
  const make = (type: FieldType, calculatedFormula: string, ...size: number[]): FieldTraits =>
    fieldTraits(
      type,
      name,
      label,
      { ...CALCULATED, formulaTreatNullNumberAsZero, calculatedFormula },
      ...size,
    );
  if (draw === 0 && number) return make('double', arithmetic(random, scope, number), 18, 2);
  if (draw === 1 && number)
    return make('currency', `IF(${number} > 1000, ROUND(${number} * 0.95, 2), ${number})`);
  if (draw === 2) return make('boolean', condition(random, scope));
  if (draw === 3 && scope.dates.length > 0)
    return make('date', `${random.pick(scope.dates)} + 30 /* grace period */`);
  return make('string', text(random, scope), 1300);
}

const CALCULATED = { ...READ_ONLY, permissionable: true, calculated: true } as const;

function arithmetic(random: Random, scope: FormulaScope, number: string): string {
  return `BLANKVALUE(${number}, 0) + ${random.pick(scope.numbers)} / ${random.int(2, 12)}`;
}

function condition(random: Random, scope: FormulaScope): string {
  const choice =
    scope.choices.length > 0
      ? `ISPICKVAL(${random.pick(scope.choices)}, "Closed")`
      : 'NOT(ISNEW())';
  const path = scope.paths.length > 0 ? `NOT(ISBLANK(${random.pick(scope.paths)}))` : 'TRUE';
  return `AND(\r\n  ${choice},\r\n  ${path}\r\n)`;
}

function text(random: Random, scope: FormulaScope): string {
  const path = scope.paths.length > 0 ? random.pick(scope.paths) : '$Organization.Name';
  const own = scope.texts.length > 0 ? random.pick(scope.texts) : 'Id';
  const forms = [
    `${path} & " - " & ${own}`,
    `IF(ISBLANK(${own}), ${path}, ${own} & " (" & ${path} & ")")`,
    `HYPERLINK("/" & Id, ${own} /* not "Name" */, "_self")`,
    `$User.Alias & ":" & ${own} & $Label.Separator & ${scope.metadata ? `TEXT($CustomMetadata.${scope.metadata}.Main.Rate__c)` : '""'}`,
    `CreatedBy.Manager.Email & "/" & LastModifiedBy.Name & BR() & ${path}`,
    `CASE(${scope.choices.length > 0 ? `TEXT(${random.pick(scope.choices)})` : own}, "New", "A", "Open", "B", ${path})`,
  ];
  return random.pick(forms);
}
