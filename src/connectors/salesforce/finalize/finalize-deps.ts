import type { ConnectorContext } from '../../connector.ts';
import type { SalesforceApi } from '../api/api.ts';
import type { OrgModel } from '../lineage/org-model.ts';
import type { SourceOptions } from '../options/source-options.ts';
import type { ToolingReader } from '../setup/tooling-reader.ts';

export interface FinalizeDeps {
  readonly context: Pick<ConnectorContext, 'logger' | 'clock' | 'count' | 'cut' | 'limits'>;
  readonly api: SalesforceApi;
  readonly version: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** Fully qualified. */
  readonly databaseSchema: string;
  readonly options: SourceOptions;
  /** Names that the workflow requests; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
  readonly toolingReader: ToolingReader;
  readonly model: OrgModel;
  /**
   * Names of all objects that the org lists; undefined if the org was not asked, so that nothing
   * may be swept.
   */
  readonly listed: readonly string[] | undefined;
}
