import { unknownState, type CatalogState } from '../catalog/catalog-state.ts';
import { type Column, Columns, plain } from './sqlite-columns.ts';
import type { Statements } from './sqlite-statements.ts';
import type { CatalogStateReads, CatalogStateWrites } from './store.ts';

const WRITER: Column<CatalogState['writer']> = {
  write: {
    writer_generation: (writer) => writer?.generation ?? null,
    writer_from: (writer) => writer?.from ?? null,
  },
  read: (row) => {
    const generation = row['writer_generation'] as number | null;
    return generation === null ? null : { generation, from: row['writer_from'] as string };
  },
};
const STATE = new Columns<CatalogState>('catalog_states', {
  service: plain('service'),
  revision: plain('revision'),
  lastGeneration: plain('last_generation'),
  newestGeneration: plain('newest_generation'),
  completedGeneration: plain('completed_generation'),
  writer: WRITER,
  keeper: plain('keeper'),
});
const SAVE = STATE.upsert(['service']);

export function catalogStateTable(statements: Statements): CatalogStateReads & CatalogStateWrites {
  return {
    get: async (service) =>
      statements.get('SELECT * FROM catalog_states WHERE service = ?', [service], STATE.read) ??
      unknownState(service),
    save: async (state) => statements.save(SAVE, state),
  };
}
