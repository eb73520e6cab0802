import type { ClassificationRecord, TagRecord } from '../../../../foundation/src/domain/record.ts';
import type { TagLabel } from '../../../../openmetadata/src/columns.ts';
import type { CreateTable } from '../../../../openmetadata/src/entities.ts';
import {
  entityName,
  fullyQualifiedName,
  unquoteNamePart,
} from '../../../../openmetadata/src/names.ts';
import { isDerived, kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import type { FieldRow } from '../describe/definition-rows.ts';

const SECURITY = 'SalesforceSecurityClassification';
const COMPLIANCE = 'SalesforceComplianceGroup';
const ORIGIN = 'SalesforceOrigin';

const CLASSIFICATION_DESCRIPTIONS: Readonly<Record<string, string>> = {
  [SECURITY]: 'Data sensitivity level of a field, set by the Salesforce administrators.',
  [COMPLIANCE]:
    'Compliance categories of a field (laws and policies that apply to it), set by the Salesforce administrators.',
  [ORIGIN]:
    'Origin of an object or a field: Salesforce, this org, a managed package, or a system field.',
};

const TAG_DESCRIPTIONS: Readonly<Record<string, string>> = {
  Standard: 'Provided by Salesforce.',
  Custom: 'Created in this org.',
  Managed: 'Installed with a managed package.',
  System: 'System field, maintained by Salesforce.',
};

/** A tag of a classification. */
interface Tag {
  readonly classification: string;
  readonly name: string;
}

/** Tags for a field's data sensitivity level and each of its compliance categories. */
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

/** Splits Salesforce's semicolon-separated list, without duplicates. */
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

/** The origin of an object. Derived objects (history, share, feed, ...) have no tag. */
export function tagsOfObject(
  object: Pick<ListedObject, 'name' | 'custom' | 'customSetting' | 'associateEntityType'>,
): Tag[] {
  if (isDerived(kindOf(object))) return [];
  return [{ classification: ORIGIN, name: object.custom ? originOf(object.name) : 'Standard' }];
}

/**
 * System fields: on most objects, read-only, written by Salesforce.
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/system_fields.htm (including the
 * audit fields).
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

/** Shared by all columns of an org, of which there are hundreds of thousands. */
const ORIGIN_OF_FIELD = {
  System: originLabels('System'),
  Custom: originLabels('Custom'),
  Managed: originLabels('Managed'),
} as const;

function originLabels(name: string): readonly TagLabel[] {
  return Object.freeze([Object.freeze(labelOf({ classification: ORIGIN, name }))]);
}

/** The origin of a custom, managed or system field. Other standard fields have no tag. */
export function originOfField(name: string): readonly TagLabel[] {
  if (SYSTEM_FIELDS.has(name)) return ORIGIN_OF_FIELD.System;
  const origin = originOf(name);
  return origin === 'Standard' ? [] : ORIGIN_OF_FIELD[origin];
}

function originOf(name: string): 'Standard' | 'Custom' | 'Managed' {
  if (!name.includes('__') || !/__[a-z]+$/i.test(name)) return 'Standard';
  return namespaceOf(name) === undefined ? 'Custom' : 'Managed';
}

/**
 * `acme` of `acme__Invoice__c`. The suffix of a compound field's component (`Place__Latitude__s`)
 * is one segment longer.
 */
export function namespaceOf(name: string): string | undefined {
  return /^(?<namespace>[a-z]\w*?)__\w+?__[a-z]+$/i.exec(name.replace(/__[a-z]+__s$/i, '__c'))
    ?.groups!['namespace'];
}

/** The label that assigns a tag to a table or a column. */
export function labelOf({ classification, name }: Tag): TagLabel {
  return {
    tagFQN: fullyQualifiedName(classification, name),
    source: 'Classification',
    labelType: 'Automated',
    state: 'Confirmed',
  };
}

/** Yields the records of tags before they are used, each once. */
export class TagAnnouncer {
  readonly #known = new Set<string>();

  /** Records of the labels' tags and their classifications, without those announced before. */
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
          description: CLASSIFICATION_DESCRIPTIONS[classification] ?? '',
        };
    }
    for (const { classification, name } of fresh)
      yield {
        kind: 'tag',
        classification,
        name,
        description: TAG_DESCRIPTIONS[name] ?? `${name}, as defined by the org’s administrators.`,
      };
  }

  #isNew(name: string): boolean {
    const before = this.#known.size;
    return this.#known.add(name).size > before;
  }
}

/** All labels of a table and its columns. */
export function labelsIn({ tags, columns }: Pick<CreateTable, 'tags' | 'columns'>): TagLabel[] {
  return [...(tags ?? []), ...columns.flatMap((column) => column.tags ?? [])];
}

function tagNamed(fqn: string): Tag {
  const [classification = '', ...rest] = fqn.split('.');
  const name = rest.join('.');
  return { classification, name: unquoteNamePart(name) };
}
