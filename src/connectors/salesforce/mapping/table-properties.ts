import { kindOf, type ObjectKind } from '../describe/object-kind.ts';
import type { DescribedObject } from '../describe/sobject-describe.ts';
import type { EntityRow } from '../describe/definition-rows.ts';
import type { FieldProperties } from './field-properties.ts';
import { namespaceOf } from './governance.ts';
import type { ToolingMetadata } from './tooling-metadata.ts';

export interface RecordType {
  readonly name: string;
  readonly developerName: string;
  readonly active: boolean;
  readonly default?: true;
}

/** A rule that a record must satisfy to be saved. */
export interface ValidationRule {
  readonly name: string;
  readonly active: boolean;
  readonly message?: string;
}

/** Apex that runs when records are written. */
export interface Trigger {
  readonly name: string;
  readonly active: boolean;
  /** `before insert`, ... */
  readonly events: readonly string[];
}

/** What is known about an object that a CreateTableRequest cannot hold. */
export interface TableProperties {
  readonly kind: ObjectKind;
  readonly custom: boolean;
  readonly labelPlural?: string;
  readonly keyPrefix?: string;
  readonly namespace?: string;
  /** The publisher of the object's managed package. */
  readonly package?: string;
  /** The object that a history, share, feed or change event object belongs to. */
  readonly parent?: string;
  readonly sharing?: { readonly internal?: string; readonly external?: string };
  readonly deployment?: string;
  /** Without the master record type that every object has. */
  readonly recordTypes?: readonly RecordType[];
  /** Flags that are true in the describe, by their API names, and `fieldHistoryTracked`. */
  readonly features: readonly string[];
  readonly validationRules?: readonly ValidationRule[];
  readonly triggers?: readonly Trigger[];
  /** By column name. */
  readonly columns?: Readonly<Record<string, FieldProperties>>;
}

/** The properties of an object from its describe and the Tooling API. */
export function tableProperties(
  object: DescribedObject,
  { entity, validationRules, triggers }: ToolingMetadata,
  columns: Readonly<Record<string, FieldProperties>>,
): TableProperties {
  const recordTypes = object.recordTypeInfos
    .filter(({ master }) => !master)
    .map(({ name, developerName, active, defaultRecordTypeMapping }): RecordType => ({
      name,
      developerName,
      active,
      ...(defaultRecordTypeMapping ? { default: true } : {}),
    }));
  const namespace = entity?.NamespacePrefix ?? namespaceOf(object.name);
  return {
    kind: kindOf(object),
    custom: object.custom,
    ...(object.labelPlural === '' ? {} : { labelPlural: object.labelPlural }),
    ...(object.keyPrefix === undefined ? {} : { keyPrefix: object.keyPrefix }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(object.associateParentEntity === undefined ? {} : { parent: object.associateParentEntity }),
    ...(recordTypes.length === 0 ? {} : { recordTypes }),
    features:
      entity?.IsFieldHistoryTracked === true
        ? [...object.features, 'fieldHistoryTracked']
        : object.features,
    ...(entity === undefined ? {} : propertiesOf(entity)),
    ...(validationRules.length === 0 ? {} : { validationRules }),
    ...(triggers.length === 0 ? {} : { triggers }),
    ...(Object.keys(columns).length === 0 ? {} : { columns }),
  };
}

function propertiesOf({
  NamespacePrefix,
  Publisher,
  InternalSharingModel,
  ExternalSharingModel,
  DeploymentStatus,
}: EntityRow): Pick<TableProperties, 'package' | 'sharing' | 'deployment'> {
  const sharing = {
    ...(InternalSharingModel === undefined ? {} : { internal: InternalSharingModel }),
    ...(ExternalSharingModel === undefined ? {} : { external: ExternalSharingModel }),
  };
  return {
    ...(NamespacePrefix === undefined || Publisher === undefined ? {} : { package: Publisher }),
    ...(Object.keys(sharing).length === 0 ? {} : { sharing }),
    ...(DeploymentStatus === undefined ? {} : { deployment: DeploymentStatus }),
  };
}
