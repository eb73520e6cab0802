import { Problem } from './problem.ts';
import { route } from './routes.ts';
import type { ServerState } from './server-state.ts';
import { Store, type Json } from './store.ts';

export const S = 'crm.default.salesforce';
export const id = { name: 'Id', dataType: 'VARCHAR', dataLength: 18 };
export const primary = { ...id, constraint: 'PRIMARY_KEY' };
export const other = { name: 'Other', dataType: 'VARCHAR', dataLength: 18 };
export const keyTo = (column: string): Json => ({
  constraintType: 'FOREIGN_KEY',
  columns: ['Id'],
  referredColumns: [`${S}.${column}`],
});

/** A server with a schema and one table, without HTTP. */
export function open(): {
  readonly store: Store;
  readonly state: ServerState;
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
    ifMatch?: string,
  ) => { readonly status: number; readonly body: Json; readonly etag?: string | undefined };
} {
  const store = new Store();
  const state: ServerState = {
    lineage: new Map(),
    profiles: new Map(),
    samples: new Map(),
    statuses: [],
    pipelines: new Set(),
    bulk: true,
    background: true,
    backgroundJobs: 0,
    unfinished: new Set(),
  };
  const request = (
    method: string,
    path: string,
    body?: unknown,
    ifMatch?: string,
  ): { readonly status: number; readonly body: Json; readonly etag?: string | undefined } => {
    try {
      const reply = route(
        { method, parts: path.split('/'), query: new URLSearchParams(), body, ifMatch },
        store,
        state,
      );
      return { status: reply.status, body: reply.body as Json, etag: reply.etag };
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      return { status: thrown.status, body: { message: thrown.message } };
    }
  };
  store.put('databaseService', { name: 'crm', serviceType: 'Salesforce' });
  store.put('database', { name: 'default', service: 'crm' });
  store.put('databaseSchema', { name: 'salesforce', database: 'crm.default' });
  store.put('table', { name: 'There', databaseSchema: S, columns: [primary] });
  return { store, state, request };
}

export const table = (columns: readonly Json[], tableConstraints?: readonly Json[]): Json => ({
  name: 'T',
  databaseSchema: S,
  columns,
  ...(tableConstraints === undefined ? {} : { tableConstraints }),
});
