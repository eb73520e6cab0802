import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import type { FieldTraits, ObjectEntry, ObjectKind } from './model.ts';
import { reference, referenceTraits, type Reference } from './references.ts';

/** Audit and ownership references of the object, in describe order. */
export function systemReferences(entry: ObjectEntry, hasMaster: boolean): Reference[] {
  const audit = [
    reference('CreatedById', ['User'], { up: 'CreatedBy', readOnly: true, required: true }),
    reference('LastModifiedById', ['User'], {
      up: 'LastModifiedBy',
      readOnly: true,
      required: true,
    }),
  ];
  const owner = reference('OwnerId', entry.kind === 'custom' ? ['Group', 'User'] : ['User'], {
    up: 'Owner',
    required: true,
  });
  const setupOwner = reference('SetupOwnerId', ['Organization', 'Profile', 'User'], {
    up: 'SetupOwner',
    required: true,
  });
  if (OWNED.has(entry.kind) && !hasMaster && !UNOWNED.has(entry.name)) return [owner, ...audit];
  if (entry.kind === 'setting') return [setupOwner, ...audit];
  if (entry.kind === 'event' || entry.kind === 'big') return audit.slice(0, 1);
  return entry.kind === 'external' ? [] : audit;
}

const OWNED = new Set<ObjectKind>(['standard', 'custom']);
const UNOWNED = new Set([
  'User',
  'Organization',
  'Group',
  'RecordType',
  'Profile',
  'UserRole',
  'UserLicense',
  'PermissionSet',
  'PermissionSetAssignment',
  'PricebookEntry',
  'OpportunityHistory',
  'BusinessHours',
]);

/** References of a companion to its main object and to users. */
export function companionReferences(entry: ObjectEntry): Reference[] {
  const parent = entry.parent ?? '';
  const isStandard = !parent.includes('__');
  const toParent = (down: string, more: Partial<Reference>): Reference =>
    reference(isStandard ? `${parent}Id` : 'ParentId', [parent], {
      up: isStandard ? parent : 'Parent',
      down,
      ...more,
    });
  const createdBy = reference('CreatedById', ['User'], {
    up: 'CreatedBy',
    readOnly: true,
    required: true,
  });
  const modifiedBy = reference('LastModifiedById', ['User'], {
    up: 'LastModifiedBy',
    readOnly: true,
    required: true,
  });
  switch (entry.kind) {
    case 'share':
      return [
        toParent('Shares', { required: true }),
        reference('UserOrGroupId', ['Group', 'User'], { up: 'UserOrGroup', required: true }),
        modifiedBy,
      ];
    case 'history':
      return [toParent('Histories', { readOnly: true }), createdBy];
    case 'feed':
      return [
        reference('ParentId', [parent], { up: 'Parent', down: 'Feeds', readOnly: true }),
        createdBy,
        reference('InsertedById', ['User'], { up: 'InsertedBy', readOnly: true }),
      ];
    default:
      return [createdBy, modifiedBy];
  }
}

export const momentTraits = (name: string, label: string): FieldTraits =>
  fieldTraits('datetime', name, label, { ...READ_ONLY, nillable: false, defaultedOnCreate: true });

export function idTraits(entry: ObjectEntry): FieldTraits {
  return fieldTraits('id', 'Id', entry.kind === 'standard' ? `${entry.label} ID` : 'Record ID');
}

/** The deletion flag, times and their references, in describe order. */
export function auditTraits(entry: ObjectEntry, references: readonly Reference[]): FieldTraits[] {
  const refs = new Map(references.map((made) => [made.field, referenceTraits(made)]));
  const take = (name: string): FieldTraits[] =>
    refs.has(name) ? [refs.get(name) as FieldTraits] : [];
  const changed = [
    momentTraits('LastModifiedDate', 'Last Modified Date'),
    ...take('LastModifiedById'),
    momentTraits('SystemModstamp', 'System Modstamp'),
  ];
  return [
    ...take('OwnerId'),
    ...take('SetupOwnerId'),
    fieldTraits('boolean', 'IsDeleted', 'Deleted', { ...READ_ONLY }),
    momentTraits('CreatedDate', 'Created Date'),
    ...take('CreatedById'),
    ...(entry.kind === 'event' || entry.kind === 'big' ? [] : changed),
  ];
}

/** The fields of a change event that precede those of its object. */
export function changeEventHeader(): FieldTraits[] {
  return [
    fieldTraits('string', 'ReplayId', 'Replay ID', READ_ONLY),
    fieldTraits('complexvalue', 'ChangeEventHeader', 'Change Event Header', READ_ONLY),
  ];
}
