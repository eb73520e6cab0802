import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { StateStore } from '../../src/connectors/connector.ts';
import { extractFrom, type RunOptions, type SalesforceRun } from './salesforce-run.ts';

export interface IncrementalRun extends SalesforceRun {
  /** API calls of the run. */
  readonly calls: number;
  /** Names of tables reported as unchanged, sorted. */
  readonly unchanged: readonly string[];
}

/** A sandbox org whose clock the test advances between runs and edits. */
export interface IncrementalOrg {
  readonly sandbox: Sandbox;
  /**
   * Advances the clock past the current second: an edit within the second of a run counts as made
   * after it.
   */
  readonly tick: () => void;
  /** Names of all objects, sorted. */
  readonly names: () => readonly string[];
  readonly run: (stateStore: StateStore, options?: RunOptions) => Promise<IncrementalRun>;
}

export async function startIncrementalOrg(): Promise<IncrementalOrg> {
  let ahead = 0;
  const sandbox = await startSandbox({ objects: 40, now: () => Date.now() + ahead });
  return {
    sandbox,
    tick: () => void (ahead += 1100),
    names: () =>
      sandbox.org
        .list()
        .map(({ name }) => name)
        .sort(),
    run: async (stateStore, options = {}) => {
      sandbox.resetStats();
      const result = await extractFrom(sandbox, { ...options, stateStore });
      return { ...result, calls: sandbox.stats().apiCalls, unchanged: unchangedIn(result) };
    },
  };
}

/** A pattern for the query that reads the changes of a Setup table. */
export function changesOf(table: string): string {
  return `FROM(?: |%20|\\+)${table}(?: |%20|\\+)WHERE(?: |%20|\\+)LastModifiedDate`;
}

function unchangedIn({ records }: SalesforceRun): string[] {
  return records
    .flatMap((record) =>
      record.kind === 'unchanged' ? record.fqns.map((fqn) => fqn.split('.').at(-1)!) : [],
    )
    .sort();
}
