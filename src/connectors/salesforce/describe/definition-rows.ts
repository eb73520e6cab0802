import { rollupFromDataType } from '../formula/rollup.ts';
import type { RowReader } from '../api/query-rows.ts';
import { WantedMembers } from '../json/wanted-members.ts';
import { flag, type Members, name, object, optionalText } from '../json/json-values.ts';

export interface EntityRow {
  readonly QualifiedApiName: string;
  readonly DurableId: string;
  readonly Description: string | undefined;
  readonly NamespacePrefix: string | undefined;
  /** The publisher's name. */
  readonly Publisher: string | undefined;
  readonly InternalSharingModel: string | undefined;
  readonly ExternalSharingModel: string | undefined;
  readonly DeploymentStatus: string | undefined;
  readonly IsFieldHistoryTracked: boolean;
}

export function readEntityRow(row: unknown): EntityRow {
  const raw: Members<keyof EntityRow> = object(row, 'a row');
  const publisher: Members<'Name'> = object(raw.Publisher ?? {}, 'Publisher');
  return {
    QualifiedApiName: name(raw.QualifiedApiName, 'QualifiedApiName'),
    DurableId: name(raw.DurableId, 'DurableId'),
    Description: optionalText(raw.Description, 'Description'),
    NamespacePrefix: optionalText(raw.NamespacePrefix, 'NamespacePrefix'),
    Publisher: optionalText(publisher.Name, 'Publisher.Name'),
    InternalSharingModel: optionalText(raw.InternalSharingModel, 'InternalSharingModel'),
    ExternalSharingModel: optionalText(raw.ExternalSharingModel, 'ExternalSharingModel'),
    DeploymentStatus: optionalText(raw.DeploymentStatus, 'DeploymentStatus'),
    IsFieldHistoryTracked: flag(raw.IsFieldHistoryTracked, 'IsFieldHistoryTracked'),
  };
}

export const ENTITY_ROWS: RowReader<EntityRow> = {
  read: readEntityRow,
  members: new WantedMembers([], [
    'QualifiedApiName',
    'DurableId',
    'Description',
    'NamespacePrefix',
    'Publisher',
    'InternalSharingModel',
    'ExternalSharingModel',
    'DeploymentStatus',
    'IsFieldHistoryTracked',
  ] satisfies (keyof EntityRow)[]),
};

export interface FieldRow {
  readonly EntityDefinitionId: string;
  readonly QualifiedApiName: string;
  readonly Description: string | undefined;
  /** As Setup shows it: `Roll-Up Summary (SUM Invoice_Line__c)`. */
  readonly DataType: string | undefined;
  readonly SecurityClassification: string | undefined;
  /** Several are joined by semicolons. */
  readonly ComplianceGroup: string | undefined;
  readonly BusinessStatus: string | undefined;
  /** A user or a group. */
  readonly BusinessOwnerId: string | undefined;
}

/**
 * A row that adds to the describe of its field; undefined for any other. Few rows do, and the
 * others would only take memory until their table is built.
 */
function readFieldRow(row: unknown): FieldRow | undefined {
  const raw: Members<keyof FieldRow> = object(row, 'a row');
  const field: FieldRow = {
    EntityDefinitionId: name(raw.EntityDefinitionId, 'EntityDefinitionId'),
    QualifiedApiName: name(raw.QualifiedApiName, 'QualifiedApiName'),
    Description: optionalText(raw.Description, 'Description'),
    DataType: optionalText(raw.DataType, 'DataType'),
    SecurityClassification: optionalText(raw.SecurityClassification, 'SecurityClassification'),
    ComplianceGroup: optionalText(raw.ComplianceGroup, 'ComplianceGroup'),
    BusinessStatus: optionalText(raw.BusinessStatus, 'BusinessStatus'),
    BusinessOwnerId: optionalText(raw.BusinessOwnerId, 'BusinessOwnerId'),
  };
  const annotation =
    field.Description ??
    field.SecurityClassification ??
    field.ComplianceGroup ??
    field.BusinessStatus ??
    field.BusinessOwnerId;
  return annotation !== undefined || rollupFromDataType(field.DataType ?? '') !== undefined
    ? field
    : undefined;
}

export const FIELD_ROWS: RowReader<FieldRow> = {
  read: readFieldRow,
  members: new WantedMembers([], [
    'EntityDefinitionId',
    'QualifiedApiName',
    'Description',
    'DataType',
    'SecurityClassification',
    'ComplianceGroup',
    'BusinessStatus',
    'BusinessOwnerId',
  ] satisfies (keyof FieldRow)[]),
};
