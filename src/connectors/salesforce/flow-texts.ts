import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite } from './composite.ts';
import { literals } from './descriptions.ts';

export interface FlowTextsOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Flows to read in a run at most. */
  readonly most?: number;
}

/** A composite takes five queries, and a flow's metadata needs one for itself. */
const QUERIES = 5;
const MOST = 100;
const pageSchema = z.object({ records: z.array(z.object({ Metadata: z.unknown() })) });

/** Reads flows as the JSON of their metadata; those beyond `most` stay without. */
export class FlowTexts {
  readonly #options: FlowTextsOptions;

  constructor(options: FlowTextsOptions) {
    this.#options = options;
  }

  /** By the id of the version. */
  async read(versionIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { most = MOST, logger } = this.#options;
    const texts = new Map<string, string>();
    const wanted = versionIds.slice(0, most);
    if (wanted.length < versionIds.length) logger.log('info', 'Some flows go without their text', { flows: versionIds.length, read: wanted.length });
    try {
      for (let from = 0; from < wanted.length; from += QUERIES) await this.#readSome(wanted.slice(from, from + QUERIES), texts, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      logger.log('warn', 'The text of flows could not be read', { code: error.code, reason: error.message });
    }
    return texts;
  }

  async #readSome(ids: readonly string[], texts: Map<string, string>, signal: AbortSignal): Promise<void> {
    const { api, version } = this.#options;
    const base = `/services/data/v${version}/tooling`;
    const parts = ids.map((id, index) => ({ referenceId: `f${index}`, url: `${base}/query?q=${encodeURIComponent(`SELECT Metadata FROM Flow WHERE Id = ${literals([id])}`)}` }));
    await readComposite(api, { path: `${base}/composite`, parts, what: 'the text of flows' }, ({ referenceId, body }) => {
      const metadata = pageSchema.safeParse(body).data?.records[0]?.Metadata;
      if (metadata !== undefined && metadata !== null) texts.set(ids[Number(referenceId.slice(1))]!, JSON.stringify(metadata, undefined, 2));
    }, signal);
  }
}
