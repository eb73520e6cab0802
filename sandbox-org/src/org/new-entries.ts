import type { NewField } from './edit.ts';
import { fieldTraits } from './field-shapes.ts';
import { pluralOf } from './labels.ts';
import type { Field, Governance, ObjectEntry } from './model.ts';
import { reference, referenceTraits } from './references.ts';

export const UNGOVERNED: Governance = {
  businessOwnerId: null,
  businessStatus: null,
  complianceGroup: null,
  securityClassification: null,
};

/** An object added by an edit; its kind follows from the suffix of its name. */
export function newEntry(
  name: string,
  label = name.replace(/__\w$/, '').replaceAll('_', ' '),
): ObjectEntry {
  const namespace = /^([a-z]\w*?)__\w+__\w+$/.exec(name)?.[1] ?? null;
  const suffix = /__(\w+)$/.exec(name)?.[1];
  const kind =
    ({ c: 'custom', mdt: 'metadata', e: 'event', b: 'big', x: 'external' } as const)[
      suffix as 'c'
    ] ?? 'standard';
  return {
    name,
    kind,
    namespace,
    keyPrefix: `z${String(name.length % 90).padStart(2, '0')}`,
    label,
    labelPlural: pluralOf(label),
    parent: null,
  };
}

/** A field added by an edit. */
export function newField(field: NewField): Field {
  const custom = field.name.endsWith('__c');
  const label = field.label ?? field.name.replace(/__c$/, '').replaceAll('_', ' ');
  const up = custom ? field.name.replace(/__c$/, '__r') : field.name.replace(/Id$/, '');
  const traits =
    field.type === 'reference'
      ? {
          ...referenceTraits(reference(field.name, field.referenceTo ?? [], { up, label })),
          ...field.traits,
        }
      : fieldTraits(
          field.type,
          field.name,
          label,
          { custom, ...field.traits },
          field.length,
          field.scale,
        );
  const { description, governance, content } = field;
  return {
    traits,
    rollUp: null,
    ...(description === undefined ? {} : { description }),
    ...(content === undefined ? {} : { content }),
    ...(governance === undefined ? {} : { governance: { ...UNGOVERNED, ...governance } }),
  };
}
