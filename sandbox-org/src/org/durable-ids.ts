import { idFor, toLongId } from './ids.ts';
import type { ObjectEntry } from './model.ts';

/** An object's durable id: the name of a standard one, the 15-character id of a custom one. */
export function entityId(entry: ObjectEntry): string {
  return isCustom(entry) ? idFor('01I', entry.name) : entry.name;
}

export function isCustom(entry: ObjectEntry): boolean {
  return entry.kind !== 'standard' && entry.parent === null;
}

/** The 18-character id of a custom object. */
export function customObjectId(entry: ObjectEntry): string {
  return toLongId(idFor('01I', entry.name));
}

/** The 15-character id of a custom field. */
export function customFieldId(object: string, field: string): string {
  return idFor('00N', `${object}.${field}`);
}

/** `Account.Name` for a standard field, `01I….00N…` for a custom one. */
export function fieldDurableId(entry: ObjectEntry, field: string): string {
  const isOwn = field.endsWith('__c') || field.endsWith('__s');
  return `${entityId(entry)}.${isOwn ? customFieldId(entry.name, field) : field.replace(/(?<=[a-z])Id$/, '')}`;
}

/** `fldops__Hours__c` → `Hours`. */
export function developerName(name: string): string {
  return name.replace(/^[a-z]\w*?__(?=\w+__\w+$)/, '').replace(/__\w+$/, '');
}

export function namespaceOf(name: string): string | null {
  return /^([a-z]\w*?)__\w+__\w+$/.exec(name)?.[1] ?? null;
}
