import { MAX_PARTS } from '../api/composite.ts';
import { isDerived, isDescribable, kindOf, type ObjectKind } from './object-kind.ts';
import type { ListedObject } from './object-list.ts';

/** Standard objects whose describe results are large in every org. */
const HEAVY = /^(?:User|Account|Contact|Opportunity|Case|Lead)$/;

/**
 * How large and slow one describe is likely to be, in parts of a call; from experience with orgs.
 */
function weightOf(object: ListedObject): number {
  if (HEAVY.test(object.name)) return 5;
  return isDerived(kindOf(object)) ? 0.5 : 1;
}

/** Kinds whose objects have few fields in every org. */
const SMALL: ReadonlySet<ObjectKind> = new Set([
  'customMetadata',
  'customSetting',
  'event',
  'bigObject',
  'history',
  'share',
]);

function priorityOf(object: ListedObject): number {
  const isSmall = SMALL.has(kindOf(object));
  if (!isDescribable(object)) return isSmall ? 0 : 1;
  if (isSmall) return 2;
  return HEAVY.test(object.name) ? 4 : 3;
}

/** With so many heavy objects, a single call takes long enough to be worth a second beside it. */
const HEAVY_FOR_TWO = 3;

/**
 * The objects of each call. Heavy objects come first, so that the run does not end with waiting for
 * one of them. Objects that are complete with their describe come last, beside the calls for
 * definitions of the others. Among both, those with few fields come last, so that the last calls
 * are short. `mayTakeTwo` permits a second call for objects that fit one.
 */
export function batchObjects(
  objects: readonly ListedObject[],
  mayTakeTwo: boolean,
): ListedObject[][] {
  const sorted = objects.toSorted((a, b) => priorityOf(b) - priorityOf(a));
  const fitsOne = weightOfAll(objects) <= MAX_PARTS && objects.length <= MAX_PARTS;
  const heavy = objects.filter(({ name }) => HEAVY.test(name)).length;
  return mayTakeTwo && fitsOne && heavy >= HEAVY_FOR_TWO ? halvesOf(sorted) : fullBatches(sorted);
}

function fullBatches(objects: readonly ListedObject[]): ListedObject[][] {
  const batches: ListedObject[][] = [];
  let weight = Infinity;
  for (const object of objects) {
    if (weight + weightOf(object) > MAX_PARTS || batches.at(-1)!.length >= MAX_PARTS) {
      batches.push([]);
      weight = 0;
    }
    batches.at(-1)!.push(object);
    weight += weightOf(object);
  }
  return batches;
}

/** Two lists of about the same weight. */
function halvesOf(objects: readonly ListedObject[]): ListedObject[][] {
  const [first, second]: [ListedObject[], ListedObject[]] = [[], []];
  for (const object of objects)
    (weightOfAll(first) <= weightOfAll(second) ? first : second).push(object);
  return [first, second];
}

function weightOfAll(objects: readonly ListedObject[]): number {
  return objects.reduce((sum, object) => sum + weightOf(object), 0);
}
