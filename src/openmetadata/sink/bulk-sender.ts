import { isOutcomeUnknown } from '../../http/outcome.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { bulkResultSchema, isJson } from './entity.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

type Json = Readonly<Record<string, unknown>>;

/** A table on its way to the server. */
export interface Outgoing {
  readonly fqn: string;
  readonly request: Json;
  /** What the server has as the table's `sourceHash` once it has arrived. */
  readonly hash: string;
}

export interface BulkSenderParts {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a server that did not answer in time may go on with a request before it is sent again, in milliseconds. */
  readonly patienceMs: number;
}

/** What became of the tables of a request. */
export interface Sent {
  readonly arrived: readonly Outgoing[];
  /** To be sent one by one, so that each gets its own verdict. */
  readonly alone: readonly Outgoing[];
}

/** `patient`: the server may still be at work on it. */
interface Unclear {
  readonly kind: 'unclear';
  readonly patient: boolean;
  readonly error: RunnerError;
}

type Answer =
  | { readonly kind: 'answered'; readonly body: unknown }
  | { readonly kind: 'refused' }
  | { readonly kind: 'tooMuch' }
  | Unclear;

/** A proxy's answer when the server behind it takes too long, or breaks off. */
const GATEWAY = [502, 504];
/** Requests in a row that come to nothing before the server counts as gone. */
const MOST_LOST = 4;
const FIRST_LOOK_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Puts tables in bulk. A server works through a bulk request for minutes if it has to, also when nobody listens any more, and
 * the same request on top of it doubles its load: after a time-out this looks at what has arrived, gives the server time to
 * finish, and sends only what is missing, in halves.
 */
export class BulkSender {
  readonly #parts: BulkSenderParts;
  /** Whether the server has such a request at all. */
  #supported = true;
  #timeouts = 0;

  constructor(parts: BulkSenderParts) {
    this.#parts = parts;
  }

  /** Requests that took too long so far: whoever sizes them makes them smaller. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** Throws what came of the last request when several, each smaller than the one before, were lost and nothing has arrived. */
  async put(tables: readonly Outgoing[], signal: AbortSignal): Promise<Sent> {
    return this.#put(tables, 0, signal);
  }

  async #put(tables: readonly Outgoing[], lost: number, signal: AbortSignal): Promise<Sent> {
    if (!this.#supported || tables.length === 0) return { arrived: [], alone: tables };
    const answer = await this.#send(tables, signal);
    switch (answer.kind) {
      case 'refused':
        return { arrived: [], alone: tables };
      case 'tooMuch':
        return tables.length > 1
          ? this.#inHalves(tables, lost, signal)
          : { arrived: [], alone: tables };
      case 'answered':
        return verdict(answer.body, tables);
      default:
        return this.#recover(tables, answer, lost + 1, signal);
    }
  }

  async #recover(
    tables: readonly Outgoing[],
    { patient, error }: Unclear,
    lost: number,
    signal: AbortSignal,
  ): Promise<Sent> {
    const { logger } = this.#parts;
    this.#timeouts += 1;
    const missing = await this.#missing(tables, patient, signal);
    if (missing.length === tables.length && lost >= MOST_LOST) throw error;
    logger.log('info', 'bulk request got no answer; looked at what has arrived', {
      tables: tables.length,
      missing: missing.length,
    });
    const arrived = tables.filter((table) => !missing.includes(table));
    const { arrived: more, alone } = await this.#inHalves(
      missing,
      arrived.length > 0 ? 0 : lost,
      signal,
    );
    return { arrived: [...arrived, ...more], alone };
  }

  async #inHalves(tables: readonly Outgoing[], lost: number, signal: AbortSignal): Promise<Sent> {
    const middle = Math.ceil(tables.length / 2);
    const first = await this.#put(tables.slice(0, middle), lost, signal);
    const second = await this.#put(
      tables.slice(middle),
      first.arrived.length > 0 ? 0 : lost,
      signal,
    );
    return {
      arrived: [...first.arrived, ...second.arrived],
      alone: [...first.alone, ...second.alone],
    };
  }

  /** What is not there yet when the server has had its time, counted anew whenever something arrives. */
  async #missing(
    tables: readonly Outgoing[],
    patient: boolean,
    signal: AbortSignal,
  ): Promise<readonly Outgoing[]> {
    const { clock, patienceMs } = this.#parts;
    let missing = tables;
    let left = patient ? patienceMs : FIRST_LOOK_MS;
    for (
      let pause = Math.min(FIRST_LOOK_MS, left);
      ;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS, left)
    ) {
      const now = await this.#absent(missing, signal);
      if (now.length < missing.length && patient) left = patienceMs;
      missing = now;
      if (missing.length === 0 || left <= 0) return missing;
      await clock.sleep(pause, signal);
      left -= pause;
    }
  }

  async #absent(tables: readonly Outgoing[], signal: AbortSignal): Promise<readonly Outgoing[]> {
    const absent: Outgoing[] = [];
    for (const table of tables) {
      const found = await this.#parts.index.look(table.fqn, signal);
      if (found?.deleted !== false || found.sourceHash !== table.hash) absent.push(table);
    }
    return absent;
  }

  async #send(tables: readonly Outgoing[], signal: AbortSignal): Promise<Answer> {
    const what = `${tables.length} tables`;
    try {
      const { status, body } = await this.#parts.server.send(
        {
          method: 'PUT',
          path: '/tables/bulk',
          what,
          body: tables.map(({ request }) => request),
          accept: [400, 404, 405, 413, ...GATEWAY],
          repeat: 'unlessUnknown',
        },
        signal,
      );
      if (status === 404 || status === 405) this.#supported = false;
      if (GATEWAY.includes(status))
        return {
          kind: 'unclear',
          patient: status === 504,
          error: new RunnerError('SINK_BUSY', `${what}: ${status} of a gateway`),
        };
      if (status === 413) return { kind: 'tooMuch' };
      return status < 300 ? { kind: 'answered', body } : { kind: 'refused' };
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted) throw error;
      if (isOutcomeUnknown(error))
        return {
          kind: 'unclear',
          patient: error.code !== 'NETWORK_RESET',
          error: error.with({ retryable: false }),
        };
      if (error.code === 'SINK_FAILED') return { kind: 'refused' };
      throw error;
    }
  }
}

/** By a bulk's answer; all are to be sent alone when it does not say clearly which failed. */
function verdict(answer: unknown, sent: readonly Outgoing[]): Sent {
  const { data } = bulkResultSchema.safeParse(answer);
  if (data === undefined) return { arrived: [], alone: sent };
  const failed = (data.failedRequest ?? []).map(({ request }) =>
    sent.find((table) => isAbout(request, table)),
  );
  const named = new Set(failed.filter((table) => table !== undefined));
  if (data.numberOfRowsFailed !== named.size || named.size !== failed.length)
    return { arrived: [], alone: sent };
  return { arrived: sent.filter((table) => !named.has(table)), alone: [...named] };
}

/** A server names a table that failed in full, or gives back the request for it. */
function isAbout(answered: unknown, { fqn, request }: Outgoing): boolean {
  if (!isJson(answered)) return answered === fqn;
  return (
    answered['name'] === request['name'] && answered['databaseSchema'] === request['databaseSchema']
  );
}
