import { BUSINESS_OBJECTS } from './business-objects.ts';
import { CORE_OBJECTS } from './core-objects.ts';

/**
 * A standard object of every org. A field is written as `Name:type(size,scale)[values]` or
 * `Name>Target|Target`; a trailing `!` makes it required, `=` read-only. System fields (Id, owner,
 * audit fields) are added to all of them and not listed.
 */
export type StandardObject = readonly [name: string, keyPrefix: string, fields: string];

/** In the order in which an org of a given size has them. */
export const STANDARD_OBJECTS: readonly StandardObject[] = [...CORE_OBJECTS, ...BUSINESS_OBJECTS];
