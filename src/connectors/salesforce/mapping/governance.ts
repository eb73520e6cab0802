import type { ClassificationRecord, TagRecord } from '../../../domain/record.ts';
import type { TagLabel } from '../../../openmetadata/columns.ts';
import type { CreateTable } from '../../../openmetadata/entities.ts';
import { entityName } from '../../../openmetadata/names.ts';
import { isDerived, kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { FieldRow } from '../describe/definition-rows.ts';

const SECURITY = 'SalesforceSecurityClassification';
const COMPLIANCE = 'SalesforceComplianceGroup';
const ORIGIN = 'SalesforceOrigin';

const CLASSIFICATIONS: Readonly<Record<string, string>> = {
  [SECURITY]:
    'How sensitive Salesforce’s administrators say a field is (its data sensitivity level).',
  [COMPLIANCE]:
    'The laws and policies that Salesforce’s administrators say a field falls under (its compliance categorization).',
  [ORIGIN]:
    'Who made an object or a field: Salesforce, the org itself, or a managed package; and what Salesforce writes itself.',
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  Standard: 'Made by Salesforce.',
  Custom: 'Made by the org itself.',
  Managed: 'Came with a managed package.',
  System: 'Kept by Salesforce itself on each record.',
};

/** A tag by its classification and its name there. */
interface Tag {
  readonly classification: string;
  readonly name: string;
}

/** The tags of a field: its data sensitivity, each of its compliance categories. */
export function tagsOfField({
  SecurityClassification,
  ComplianceGroup,
}: Pick<FieldRow, 'SecurityClassification' | 'ComplianceGroup'>): Tag[] {
  return [
    ...(SecurityClassification === undefined || SecurityClassification === ''
      ? []
      : [{ classification: SECURITY, name: entityName(SecurityClassification) }]),
    ...complianceGroupsIn(ComplianceGroup).map((group) => ({
      classification: COMPLIANCE,
      name: entityName(group),
    })),
  ];
}

/** Salesforce joins them by semicolons. Each comes once. */
export function complianceGroupsIn(joined: string | undefined): readonly string[] {
  return [
    ...new Set(
      (joined ?? '')
        .split(';')
        .map((group) => group.trim())
        .filter((group) => group !== ''),
    ),
  ];
}

/** Whose an object is; what Salesforce keeps beside an object has no mark of its own. */
export function tagsOfObject(
  object: Pick<ListedObject, 'name' | 'custom' | 'customSetting' | 'associateEntityType'>,
): Tag[] {
  if (isDerived(kindOf(object))) return [];
  return [{ classification: ORIGIN, name: object.custom ? originOf(object.name) : 'Standard' }];
}

/**
 * What Salesforce calls system fields: read-only, on most objects, written by itself.
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/system_fields.htm (the audit fields among them).
 */
const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  'Id',
  'IsDeleted',
  'LastReferencedDate',
  'LastViewedDate',
  'CreatedById',
  'CreatedDate',
  'LastModifiedById',
  'LastModifiedDate',
  'SystemModstamp',
]);

/** One label and one list for all columns of an org, of which there are hundreds of thousands. */
const ORIGIN_OF_FIELD = {
  System: originLabels('System'),
  Custom: originLabels('Custom'),
  Managed: originLabels('Managed'),
} as const;

function originLabels(name: string): readonly TagLabel[] {
  return Object.freeze([Object.freeze(labelOf({ classification: ORIGIN, name }))]);
}

/** The mark of a field that is custom, came with a package, or is a system field. Other standard fields have none. */
export function originOfField(name: string): readonly TagLabel[] {
  if (SYSTEM_FIELDS.has(name)) return ORIGIN_OF_FIELD.System;
  const origin = originOf(name);
  return origin === 'Standard' ? [] : ORIGIN_OF_FIELD[origin];
}

function originOf(name: string): 'Standard' | 'Custom' | 'Managed' {
  if (!name.includes('__') || !/__[a-z]+$/i.test(name)) return 'Standard';
  return namespaceOf(name) === undefined ? 'Custom' : 'Managed';
}

/** `acme` of `acme__Invoice__c`. The parts of a compound field (`Place__Latitude__s`) have one piece more than others. */
export function namespaceOf(name: string): string | undefined {
  return /^(?<namespace>[a-z]\w*?)__\w+?__[a-z]+$/i.exec(name.replace(/__[a-z]+__s$/i, '__c'))
    ?.groups!['namespace'];
}

/** A tag's label on a table or a column. */
export function labelOf({ classification, name }: Tag): TagLabel {
  return {
    tagFQN: `${classification}.${/[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name}`,
    source: 'Classification',
    labelType: 'Automated',
    state: 'Confirmed',
  };
}

/** Remembers which tags have been announced, since each must be before it is used. */
export class TagAnnouncer {
  readonly #known = new Set<string>();

  /** Records for those of these labels' tags, and their classifications, that are new. */
  *announce(
    labels: Iterable<TagLabel>,
  ): Generator<ClassificationRecord | TagRecord, void, undefined> {
    const fresh = [...labels]
      .map(({ tagFQN }) => tagFQN)
      .filter((fqn) => this.#isNew(fqn))
      .map(tagNamed);
    for (const { classification } of fresh) {
      if (this.#isNew(classification))
        yield {
          kind: 'classification',
          name: classification,
          description: CLASSIFICATIONS[classification] ?? '',
        };
    }
    for (const { classification, name } of fresh)
      yield {
        kind: 'tag',
        classification,
        name,
        description: DESCRIPTIONS[name] ?? `${name}, as the org’s administrators have it.`,
      };
  }

  #isNew(name: string): boolean {
    const before = this.#known.size;
    return this.#known.add(name).size > before;
  }
}

/** The labels of a table and of its columns. */
export function labelsIn({ tags, columns }: Pick<CreateTable, 'tags' | 'columns'>): TagLabel[] {
  return [...(tags ?? []), ...columns.flatMap((column) => column.tags ?? [])];
}

function tagNamed(fqn: string): Tag {
  const [classification = '', ...rest] = fqn.split('.');
  const name = rest.join('.');
  return {
    classification,
    name: name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
  };
}
