import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import type { FieldTraits, ObjectEntry } from './model.ts';
import { picklist } from './picklists.ts';
import { referenceTraits } from './references.ts';
import { companionReferences, idTraits, momentTraits } from './system-fields.ts';

const pick = (name: string, label: string, values: string[]): FieldTraits =>
  fieldTraits(
    'picklist',
    name,
    label,
    {
      picklistValues: picklist(null, values),
      nillable: false,
      restrictedPicklist: true,
      permissionable: false,
    },
    40,
  );

const ROW_CAUSES = [
  'Owner',
  'Manual',
  'Rule',
  'ImplicitChild',
  'ImplicitParent',
  'Team',
  'Territory',
  'GuestRule',
];
const FEED_TYPES = [
  'TrackedChange',
  'UserStatus',
  'TextPost',
  'LinkPost',
  'ContentPost',
  'PollPost',
  'CreateRecordEvent',
  'CallLogPost',
];

const CHANGES = [
  'created',
  'Owner',
  'Name',
  'Status',
  'feedEvent',
  'recordType',
  'locked',
  'unlocked',
];
const DATA_TYPES = ['Text', 'Double', 'DateTime', 'Boolean', 'EntityId', 'Picklist'];

/** The fixed fields of share, history and feed objects. */
export function companionTraits(entry: ObjectEntry): FieldTraits[] {
  if (entry.kind === 'share') return shareTraits(entry);
  return entry.kind === 'history' ? historyTraits(entry) : feedTraits(entry);
}

const deletedTraits = (): FieldTraits =>
  fieldTraits('boolean', 'IsDeleted', 'Deleted', { ...READ_ONLY });

function shareTraits(entry: ObjectEntry): FieldTraits[] {
  const refs = companionReferences(entry).map(referenceTraits);
  return [
    idTraits(entry),
    ...refs.slice(0, 2),
    pick('AccessLevel', 'Access Level', ['Read', 'Edit', 'All']),
    pick('RowCause', 'Row Cause', ROW_CAUSES),
    momentTraits('LastModifiedDate', 'Last Modified Date'),
    ...refs.slice(2),
    deletedTraits(),
  ];
}

function historyTraits(entry: ObjectEntry): FieldTraits[] {
  return [
    idTraits(entry),
    deletedTraits(),
    ...companionReferences(entry).map(referenceTraits),
    momentTraits('CreatedDate', 'Created Date'),
    pick('Field', 'Changed Field', CHANGES),
    pick('DataType', 'Datatype', DATA_TYPES),
    fieldTraits('anyType', 'OldValue', 'Old Value', READ_ONLY),
    fieldTraits('anyType', 'NewValue', 'New Value', READ_ONLY),
  ];
}

function feedTraits(entry: ObjectEntry): FieldTraits[] {
  const rich = { ...READ_ONLY, extraTypeInfo: 'richtextarea' } as const;
  return [
    idTraits(entry),
    ...companionReferences(entry).map(referenceTraits),
    pick('Type', 'Feed Item Type', FEED_TYPES),
    momentTraits('CreatedDate', 'Created Date'),
    deletedTraits(),
    momentTraits('LastModifiedDate', 'Last Modified Date'),
    momentTraits('SystemModstamp', 'System Modstamp'),
    fieldTraits('int', 'CommentCount', 'Comment Count', READ_ONLY),
    fieldTraits('int', 'LikeCount', 'Like Count', READ_ONLY),
    fieldTraits('string', 'Title', 'Title', READ_ONLY),
    fieldTraits('textarea', 'Body', 'Body', rich, 10_000),
    fieldTraits('url', 'LinkUrl', 'Link Url', READ_ONLY, 1000),
    fieldTraits('boolean', 'IsRichText', 'Is Rich Text', READ_ONLY),
    fieldTraits('string', 'RelatedRecordId', 'Related Record ID', READ_ONLY, 18),
  ];
}
