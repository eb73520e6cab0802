import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import type { FieldTraits } from './model.ts';
import type { Random } from './random.ts';

/** What a formula of this object may mention. */
export interface FormulaScope {
  /** Fields made so far, by broad kind. */
  readonly numbers: string[];
  readonly dates: string[];
  readonly choices: string[];
  readonly texts: string[];
  /** Paths over lookups, such as `Vendor__r.Name` or `Owner.Email`. */
  readonly paths: readonly string[];
  /** A custom metadata type of the org that has a `Rate__c`. */
  readonly metadata: string | null;
  /** An object that is in a master-detail relationship below this one, for roll-up summaries. */
  readonly child: string | null;
}

/** Files a new field where later formulas find it. */
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

/** A formula field: calculated, read-only, its text naming fields that exist, some of them across a lookup. */
export function formula(
  random: Random,
  scope: FormulaScope,
  name: string,
  label: string,
): FieldTraits {
  const common = {
    ...READ_ONLY,
    permissionable: true,
    calculated: true,
    formulaTreatNullNumberAsZero: random.chance(0.7),
  };
  const number = scope.numbers.length > 0 ? random.pick(scope.numbers) : null;
  const draw = random.int(0, 4);
  if (draw === 0 && number)
    return fieldTraits(
      'double',
      name,
      label,
      { ...common, calculatedFormula: arithmetic(random, scope, number) },
      18,
      2,
    );
  if (draw === 1 && number) {
    const calculatedFormula = `IF(${number} > 1000, ROUND(${number} * 0.95, 2), ${number})`;
    return fieldTraits('currency', name, label, { ...common, calculatedFormula });
  }
  if (draw === 2)
    return fieldTraits('boolean', name, label, {
      ...common,
      calculatedFormula: condition(random, scope),
    });
  if (draw === 3 && scope.dates.length > 0) {
    return fieldTraits('date', name, label, {
      ...common,
      calculatedFormula: `${random.pick(scope.dates)} + 30 /* grace period */`,
    });
  }
  return fieldTraits(
    'string',
    name,
    label,
    { ...common, calculatedFormula: text(random, scope) },
    1300,
  );
}

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
