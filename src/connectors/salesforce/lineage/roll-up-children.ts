import type { RollUp } from '../mapping/field-properties.ts';
import type { Reference } from './org-model.ts';

/** What is known of the org's objects that helps to identify the child of a roll-up summary. */
export interface ObjectLookup {
  /** Objects with this name or label, in any case. */
  readonly named: (nameOrLabel: string) => readonly string[];
  readonly references: (object: string) => readonly Reference[];
}

/**
 * Completes a roll-up summary of which only Setup's text is known (`Roll-Up Summary (SUM Invoice
 * Line)`) with the child's API name and its reference to the parent, if the describe results leave
 * only one possibility. This costs no call, while the definition takes a query for each field: no
 * other column of the Tooling API names the child.
 */
export function completeRollUp(
  rollUp: RollUp,
  parent: string,
  { named, references }: ObjectLookup,
): RollUp {
  if (rollUp.foreignKey !== undefined) return rollUp;
  const candidates = named(rollUp.child)
    .map((child) => ({ child, keys: keysTo(parent, references(child)) }))
    .filter(({ keys }) => keys.length > 0);
  const [only, ...others] = candidates;
  if (only === undefined || others.length > 0) return rollUp;
  const [foreignKey, ...moreKeys] = only.keys;
  return {
    ...rollUp,
    child: only.child,
    ...(foreignKey === undefined || moreKeys.length > 0 ? {} : { foreignKey }),
  };
}

/**
 * Roll-ups follow a master-detail field; a few standard objects use a lookup (opportunities of an
 * account).
 */
function keysTo(parent: string, references: readonly Reference[]): readonly string[] {
  const leading = references.filter(({ targets }) => targets.includes(parent));
  const details = leading.filter(({ masterDetail }) => masterDetail);
  return (details.length > 0 ? details : leading).map(({ field }) => field);
}
