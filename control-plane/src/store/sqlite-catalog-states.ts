import { unknownState, type CatalogState } from '../catalog/catalog-state.ts';
import type { Row, Statements } from './sqlite-statements.ts';
import type { CatalogStateReads, CatalogStateWrites } from './store.ts';

const SAVE =
  'INSERT OR REPLACE INTO catalog_states (service, revision, drawn, newest, vouched, writer, written_from, keeper) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';

export function catalogStateTable(statements: Statements): CatalogStateReads & CatalogStateWrites {
  return {
    get: async (service) =>
      statements.get('SELECT * FROM catalog_states WHERE service = ?', [service], toState) ??
      unknownState(service),
    save: async ({ service, revision, keeper, drawn, newest, vouched, writer }) =>
      void statements.run(SAVE, [
        service,
        revision,
        drawn,
        newest,
        vouched,
        writer?.generation ?? null,
        writer?.from ?? null,
        keeper,
      ]),
  };
}

function toState(row: Row): CatalogState {
  return {
    service: row['service'] as string,
    revision: row['revision'] as string,
    drawn: row['drawn'] as number,
    newest: row['newest'] as number,
    vouched: row['vouched'] as number,
    keeper: row['keeper'] as string | null,
    writer:
      row['writer'] === null
        ? null
        : { generation: row['writer'] as number, from: row['written_from'] as string },
  };
}
