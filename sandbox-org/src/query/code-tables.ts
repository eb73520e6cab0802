import { customObjectId, isCustom } from '../org/durable-ids.ts';
import type { Org } from '../org/org.ts';
import { hash } from '../org/random.ts';
import { componentColumns, entityOf, type Authors } from './setup-columns.ts';
import { components, type Component } from './setup-sources.ts';
import { defineTable, JsonValue, type Table } from './table.ts';

/** ValidationRule. */
export function ruleTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ValidationRule',
    id: (s) => s.id,
    sources: () => components(org, '03d', 'Rule', 0.35, 4),
    relations,
    columns: {
      ...componentColumns(),
      ValidationName: (s) => s.name,
      Active: (s) => s.active,
      EntityDefinitionId: entityOf,
      ErrorDisplayField: (s) => s.field,
      Description: (s) => (s.active ? `Guards ${s.field}` : null),
      ErrorMessage: (s) => `Check "${s.field}" before you save.`,
      Metadata: (s) =>
        new JsonValue({
          active: s.active,
          errorConditionFormula: `ISBLANK(${s.field})`,
          errorMessage: `Check "${s.field}" before you save.`,
        }),
      FullName: (s) => `${s.entry?.name}.${s.name}`,
    },
  });
}

/** ApexTrigger. */
export function triggerTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ApexTrigger',
    id: (s) => s.id,
    sources: () => components(org, '01q', 'Trigger', 0.2, 2),
    relations,
    columns: {
      ...componentColumns(),
      Name: (s) => s.name,
      TableEnumOrId: (s) =>
        s.entry && isCustom(s.entry) ? customObjectId(s.entry) : (s.entry?.name ?? null),
      EntityDefinitionId: entityOf,
      UsageBeforeInsert: () => true,
      UsageBeforeUpdate: (s) => s.active,
      UsageBeforeDelete: () => false,
      UsageAfterInsert: (s) => s.active,
      UsageAfterUpdate: () => true,
      UsageAfterDelete: () => false,
      UsageAfterUndelete: () => false,
      UsageIsBulk: () => false,
      ApiVersion: () => 62,
      Status: (s) => (s.active ? 'Active' : 'Inactive'),
      IsValid: () => true,
      LengthWithoutComments: (s) => 400 + (hash(s.id) % 9000),
      Body: (s) => `trigger ${s.name} on ${s.entry?.name} (before insert, after update) {\n}`,
    },
  });
}

/** ApexClass. */
export function classTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ApexClass',
    id: (s) => s.id,
    sources: () => components(org, '01p', 'Service', 0.4, 3),
    relations,
    columns: {
      ...componentColumns(),
      Name: (s) => s.name,
      ApiVersion: () => 62,
      Status: () => 'Active',
      IsValid: () => true,
      LengthWithoutComments: (s) => 900 + (hash(s.id) % 20_000),
      Body: (s) => `public with sharing class ${s.name} {\n  // ${s.entry?.label}\n}`,
    },
  });
}
