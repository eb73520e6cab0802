import type { SQLInputValue } from 'node:sqlite';
import { unknownState, type CatalogState } from '../catalog/catalog-state.ts';
import type { Row, Statements } from './sqlite-statements.ts';
import type { CatalogStateReads, CatalogStateWrites } from './store.ts';

const SAVE = `
  INSERT OR REPLACE INTO catalog_states (service, revision, last_generation, newest_generation,
    completed_generation, writer_generation, writer_from, keeper)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

export function catalogStateTable(statements: Statements): CatalogStateReads & CatalogStateWrites {
  return {
    get: async (service) =>
      statements.get('SELECT * FROM catalog_states WHERE service = ?', [service], toState) ??
      unknownState(service),
    save: async (state) => void statements.run(SAVE, toRow(state)),
  };
}

function toRow(state: CatalogState): SQLInputValue[] {
  return [
    state.service,
    state.revision,
    state.lastGeneration,
    state.newestGeneration,
    state.completedGeneration,
    state.writer?.generation ?? null,
    state.writer?.from ?? null,
    state.keeper,
  ];
}

function toState(row: Row): CatalogState {
  return {
    service: row['service'] as string,
    revision: row['revision'] as string,
    lastGeneration: row['last_generation'] as number,
    newestGeneration: row['newest_generation'] as number,
    completedGeneration: row['completed_generation'] as number,
    keeper: row['keeper'] as string | null,
    writer: toWriter(row),
  };
}

function toWriter(row: Row): CatalogState['writer'] {
  const generation = row['writer_generation'] as number | null;
  return generation === null ? null : { generation, from: row['writer_from'] as string };
}
