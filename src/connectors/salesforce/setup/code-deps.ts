import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Filter } from '../../../../openmetadata/src/filters.ts';
import type { SalesforceApi } from '../api/api.ts';
import type { StoredProcedureDeps } from './stored-procedure.ts';

export interface CodeReadDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Whether to read the source of classes and flows; that of triggers comes with their rows. */
  readonly bodies: boolean;
  /** Whether to include classes, which belong to no object. */
  readonly classes: boolean;
  /** The name of an object of this run by its durable id; undefined for any other object. */
  readonly objectName: (durableId: string) => string | undefined;
}

export interface CodeDeps extends StoredProcedureDeps, Pick<CodeReadDeps, 'bodies' | 'objectName'> {
  readonly passes: Filter;
  /** Whether an object with this name belongs to this run. */
  readonly has: (name: string) => boolean;
}
