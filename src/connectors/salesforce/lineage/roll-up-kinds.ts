import type { RollUp } from '../mapping/field-properties.ts';
import type { Reference } from './org-model.ts';

/** What a run knows of the objects of an org, as far as it helps to tell the child of a roll-up. */
export interface Relatives {
  /** Objects of this name or this label, in any case. */
  readonly called: (nameOrLabel: string) => readonly string[];
  readonly references: (object: string) => readonly Reference[];
}

/**
 * A roll-up of which only that is known what Setup shows (`Roll-Up Summary (SUM Invoice Line)`), with the child's API name and
 * the field that leads from there to the parent, where the describes leave but one possibility. It costs no call, while
 * the definition takes a query for each field: no other column of the Tooling API names the child.
 */
export function completed(
  rollUp: RollUp,
  parent: string,
  { called, references }: Relatives,
): RollUp {
  if (rollUp.foreignKey !== undefined) return rollUp;
  const children = called(rollUp.child)
    .map((child) => ({ child, keys: keysTo(parent, references(child)) }))
    .filter(({ keys }) => keys.length > 0);
  const [only, ...others] = children;
  if (only === undefined || others.length > 0) return rollUp;
  const {
    child,
    keys: [foreignKey, ...more],
  } = only;
  return {
    ...rollUp,
    child,
    ...(foreignKey === undefined || more.length > 0 ? {} : { foreignKey }),
  };
}

/** Records are summed up along a master-detail field, but of some standard objects along a lookup (opportunities of an account). */
function keysTo(parent: string, references: readonly Reference[]): readonly string[] {
  const leading = references.filter(({ targets }) => targets.includes(parent));
  const details = leading.filter(({ masterDetail }) => masterDetail);
  return (details.length > 0 ? details : leading).map(({ field }) => field);
}
