import type { ConnectorContext } from '../../connector.ts';
import type { FirstAnswers } from '../api/first-answers.ts';
import type { Org } from '../api/org.ts';
import type { IncrementalState } from '../incremental/incremental-state.ts';
import type { ObjectsToRead } from '../incremental/objects-to-read.ts';
import type { Place } from '../options/place.ts';
import type { SourceOptions } from '../options/source-options.ts';
import type { Connection } from '../sign-in/connection.ts';
import type { ProgressReport } from './progress-report.ts';

export interface ExtractionDeps {
  readonly connection: Connection;
  readonly context: ConnectorContext;
  readonly org: Org;
  readonly progress: ProgressReport;
}

/** The job's settings, which are known before the first call. */
export interface RunSettings extends ExtractionDeps {
  readonly place: Place;
  readonly options: SourceOptions;
}

/** A run that has signed in. */
export interface RunContext extends RunSettings {
  readonly version: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  readonly state: IncrementalState;
}

/** The objects that a run reads, as a part of all objects it covers. */
export interface Scope extends ObjectsToRead {
  /** Names of all objects that the job selects. */
  readonly selected: readonly string[];
  /** Names of all objects of the org; undefined if the org was not asked for them. */
  readonly listed: readonly string[] | undefined;
  /** Answers to `setupQueries`, if they were requested. */
  readonly firstAnswers?: FirstAnswers | undefined;
}
