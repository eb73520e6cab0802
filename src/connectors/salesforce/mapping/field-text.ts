import type { FieldProperties, Picklist, RollUp } from './field-properties.ts';

const MAX_VALUES_SHOWN = 25;
const MAX_FORMULA_LENGTH = 4000;

/**
 * The properties of a field as Markdown for the reader of a catalog, to follow `description`. Empty
 * if there are none to show; a help text that equals the description is not repeated.
 */
export function propertiesText(
  properties: FieldProperties,
  description: string | undefined,
): string {
  const { helpText, formula, rollUp, picklist, businessStatus } = properties;
  const parts: string[] = [];
  if (helpText !== undefined && helpText !== description) parts.push(`Help text: ${helpText}`);
  if (formula !== undefined) parts.push(`Formula:\n${fenced(formula)}`);
  if (rollUp !== undefined) parts.push(`Roll-up summary: ${rollUpText(rollUp)}`);
  if (picklist !== undefined) parts.push(picklistText(picklist));
  if (properties.defaultFormula !== undefined || properties.default !== undefined)
    parts.push(`Default: \`${properties.defaultFormula ?? String(properties.default)}\``);
  const marks = marksOf(properties);
  if (marks !== '') parts.push(`Kind: ${marks}`);
  if (businessStatus !== undefined) parts.push(`Status: ${businessStatus}`);
  return parts.join('\n\n');
}

function marksOf({ autoNumber, externalId, encrypted }: FieldProperties): string {
  const marks = [
    ...(autoNumber ? ['auto-number'] : []),
    ...(externalId ? ['external id'] : []),
    ...(encrypted === undefined ? [] : [encryption(encrypted)]),
  ];
  return marks.join(', ');
}

function encryption({ mask, maskType }: NonNullable<FieldProperties['encrypted']>): string {
  return mask === undefined
    ? 'encrypted'
    : `encrypted, masked with \`${mask}\`${maskType === undefined ? '' : ` (${maskType})`}`;
}

function rollUpText({ operation, child, field, foreignKey, filters = [] }: RollUp): string {
  const source = field === undefined ? child : `${child}.${field}`;
  const key = foreignKey === undefined ? '' : ` by \`${foreignKey}\``;
  const filtered = filters.map((name) => `\`${name}\``).join(', ');
  const filter = filters.length === 0 ? '' : `, filtered by ${filtered}`;
  return `${operation.toUpperCase()} of \`${source}\`${key}${filter}`;
}

function picklistText({ values, total, dependsOn }: Picklist): string {
  const active = values.filter((value) => value.active !== false);
  const shown = active
    .slice(0, MAX_VALUES_SHOWN)
    .map(
      ({ value, label, default: isDefault }) =>
        `\`${value}\`${label === undefined ? '' : ` (${label})`}${isDefault ? ' (default)' : ''}`,
    );
  const more = active.length + (total === undefined ? 0 : total - values.length) - shown.length;
  const inactive = values.length - active.length;
  return [
    `Values: ${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''}`,
    inactive === 0 ? '' : `${inactive} inactive`,
    dependsOn === undefined ? '' : `depends on \`${dependsOn}\``,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/**
 * Fenced with more backticks than any run inside. A long text is left out instead of cut: the
 * redactor does not recognize a part of a secret.
 */
function fenced(text: string): string {
  if (text.length > MAX_FORMULA_LENGTH) return `(not shown: ${text.length} characters)`;
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
