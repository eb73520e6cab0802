import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { soqlLiterals } from '../api/soql.ts';
import { readMetadata } from '../api/metadata.ts';
import { endsRun } from '../api/run-ending.ts';

export interface FlowTextsOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Flows to read in a run at most. */
  readonly most?: number;
}

const MOST = 100;

/** Reads flows as the JSON of their metadata; those beyond `most` stay without. */
export class FlowTexts {
  readonly #options: FlowTextsOptions;

  constructor(options: FlowTextsOptions) {
    this.#options = options;
  }

  /** By the id of the version. */
  async read(
    versionIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const { api, version, logger, most = MOST } = this.#options;
    const texts = new Map<string, string>();
    const wanted = versionIds.slice(0, most);
    if (wanted.length < versionIds.length)
      logger.log('info', 'Some flows go without their text', {
        flows: versionIds.length,
        read: wanted.length,
      });
    const queries = wanted.map((id) => ({
      key: id,
      soql: `SELECT Metadata FROM Flow WHERE Id = ${soqlLiterals([id])}`,
    }));
    try {
      for await (const { key, metadata } of readMetadata(
        { api, version, what: 'the text of flows' },
        queries,
        signal,
      )) {
        if (metadata !== undefined) texts.set(key, JSON.stringify(metadata, undefined, 2));
      }
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      logger.log('warn', 'The text of flows could not be read', {
        code: error.code,
        reason: error.message,
      });
    }
    if (texts.size < wanted.length)
      logger.log('info', 'Some flows go without their text', {
        flows: wanted.length,
        read: texts.size,
      });
    return texts;
  }
}
