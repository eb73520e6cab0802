import type { SQLInputValue } from 'node:sqlite';
import { unknownState, type CatalogState } from '../catalog/catalog-state.ts';
import type { Row, Statements } from './sqlite-statements.ts';
import type { CatalogStateReads, CatalogStateWrites } from './store.ts';

const SAVE = `
  INSERT OR REPLACE INTO catalog_states (service, revision, drawn, newest, vouched, writer,
    written_from, keeper)
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
    lastGeneration: row['drawn'] as number,
    newestGeneration: row['newest'] as number,
    completedGeneration: row['vouched'] as number,
    keeper: row['keeper'] as string | null,
    writer:
      row['writer'] === null
        ? null
        : { generation: row['writer'] as number, from: row['written_from'] as string },
  };
}
