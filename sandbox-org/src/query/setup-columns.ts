import { entityId } from '../org/durable-ids.ts';
import { hash } from '../org/random.ts';
import { INTEGRATION_USER } from './integration-user.ts';
import { moment } from './moment.ts';
import type { Component } from './setup-sources.ts';
import type { Cell, RelationSpec } from './table.ts';

/** The relations of setup objects to users. */
export type Authors = Record<'CreatedBy' | 'LastModifiedBy', RelationSpec<unknown>>;

export const state = (namespace: string | null): string => (namespace ? 'installed' : 'unmanaged');
/** Creation time derived from a name. */
export const born = (name: string): number =>
  Date.UTC(2014, 4, 4) + (hash(name) % 2000) * 86_400_000;

/** Audit columns of all setup objects. */
export function audit<S>(
  modified: (source: S) => number,
  key: (source: S) => string,
): Record<string, (source: S) => Cell> {
  return {
    CreatedDate: (s) => moment(Math.min(born(key(s)), modified(s))),
    CreatedById: () => INTEGRATION_USER,
    LastModifiedDate: (s) => moment(modified(s)),
    LastModifiedById: () => INTEGRATION_USER,
  };
}

/** Columns of every {@link Component}. */
export function componentColumns(): Record<string, (source: Component) => Cell> {
  return {
    Id: (s) => s.id,
    NamespacePrefix: (s) => s.namespace,
    ManageableState: (s) => state(s.namespace),
    ...audit<Component>(
      (s) => born(s.id) + 86_400_000 * 40,
      (s) => s.id,
    ),
  };
}

export const entityOf = (s: Component): Cell => (s.entry ? entityId(s.entry) : null);
