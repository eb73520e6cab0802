import { Problem } from './problem.ts';
import { shown } from './references.ts';
import { check } from './request-checks.ts';
import type { Reply, ServerState } from './server-state.ts';
import type { Json, Store } from './store.ts';

export function putProfile(id: string, body: unknown, store: Store, state: ServerState): Reply {
  check('tableProfile', body);
  const table = store.byId('table', id);
  state.profiles.set(table.fullyQualifiedName, body as Json);
  return { status: 200, body: shown(table, new URLSearchParams(), store) };
}

export function latestProfile(fqn: string, store: Store, state: ServerState): Reply {
  const profile = state.profiles.get(fqn)?.['tableProfile'];
  const table = store.get('table', fqn);
  return { status: 200, body: { ...table, ...(profile === undefined ? {} : { profile }) } };
}

/** A server accepts only columns of the table, and one value for each column in each row. */
export function putSample(id: string, body: unknown, store: Store, state: ServerState): Reply {
  check('sampleData', body);
  const table = store.byId('table', id);
  const { columns, rows } = body as {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly unknown[])[];
  };
  const known = new Set((table['columns'] as readonly Json[]).map(({ name }) => name));
  const unknown = columns.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Problem(400, `Invalid column name found in sample data: ${unknown}`);
  if (rows.some((row) => row.length !== columns.length))
    throw new Problem(400, 'a row must have one value for each column');
  state.samples.set(table.fullyQualifiedName, body as Json);
  return { status: 200, body: shown(table, new URLSearchParams(), store) };
}
