import { afterEach, beforeEach } from 'vitest';
import { openCatalog, type Catalog } from './catalog.ts';

export interface CatalogOfEachTest extends Omit<Catalog, 'close'> {
  /** Ends the server, whether it still runs or not, and starts an empty one. */
  replace(): Promise<void>;
}

/** A catalog that is empty at the start of each test and closed at its end. */
export function catalogOfEachTest(): CatalogOfEachTest {
  let catalog: Catalog;
  const open = async (): Promise<void> => void (catalog = await openCatalog());
  beforeEach(open);
  afterEach(() => catalog.close());
  return {
    get server() {
      return catalog.server;
    },
    sink: (options) => catalog.sink(options),
    run: (records, options) => catalog.run(records, options),
    countRequests: (title) => catalog.countRequests(title),
    storedTable: (name) => catalog.storedTable(name),
    replace: async () => {
      await catalog.close();
      await open();
    },
  };
}
