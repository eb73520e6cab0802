import { isOutcomeUnknown } from '../../../foundation/src/http/outcome.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { untilArrived, type Patience } from './arrival.ts';
import { resultOf, type Outgoing, type Sent } from './bulk-result.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

export interface BulkSenderDeps {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How long a server may keep working on a request that timed out, before it is sent again. In
   * milliseconds.
   */
  readonly patienceMs: number;
}

/** No answer. `patient`: the server may still be working on the request. */
interface Unknown {
  readonly kind: 'unknown';
  readonly patient: boolean;
  readonly error: RunnerError;
}

type Answer =
  | { readonly kind: 'answered'; readonly body: unknown }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'tooMuch' }
  /** The server has checked the tables and writes them in the background. */
  | { readonly kind: 'accepted'; readonly body: unknown }
  | Unknown;

/** Statuses of a proxy whose server takes too long or breaks the connection. */
const GATEWAY_ERRORS = [502, 504];
/** Consecutive requests without any effect after which the server counts as down. */
const MAX_LOST = 4;
const FIRST_CHECK_MS = 2_000;
/** A server that works in the background usually needs a second or two. */
const FIRST_BACKGROUND_CHECK_MS = 500;

/**
 * Writes tables in bulk. A server may work on a bulk request for minutes, even after the client has
 * gone, and repeating the request doubles its load. After a timeout the sender therefore checks
 * which tables have arrived, gives the server time to finish, and sends only the missing ones, in
 * halves. From then on it asks the server to work in the background (1.12 and later can) and looks
 * for what arrives, so that no limit of a proxy or of this program applies. It does not ask for
 * this at once: such a server does not say when it has written its search index, and takes more
 * work than it can do.
 */
export class BulkSender {
  readonly #deps: BulkSenderDeps;
  /** Whether the server supports bulk requests. */
  #supported = true;
  #timeouts = 0;

  constructor(deps: BulkSenderDeps) {
    this.#deps = deps;
  }

  /** Requests that timed out so far; each should make the next requests smaller. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /**
   * Throws the error of the last request when several, each smaller than the one before, had no
   * effect.
   */
  async put(tables: readonly Outgoing[], signal: AbortSignal): Promise<Sent> {
    return this.#put(tables, 0, signal);
  }

  async #put(tables: readonly Outgoing[], lost: number, signal: AbortSignal): Promise<Sent> {
    if (!this.#supported || tables.length === 0) return { arrived: [], retrySingly: tables };
    const answer = await this.#send(tables, signal);
    switch (answer.kind) {
      case 'rejected':
        return { arrived: [], retrySingly: tables };
      case 'tooMuch':
        return tables.length > 1
          ? this.#inHalves(tables, lost, signal)
          : { arrived: [], retrySingly: tables };
      case 'answered':
        return resultOf(answer.body, tables);
      case 'accepted':
        return this.#awaitBackground(answer.body, tables, signal);
      default:
        return this.#recover(tables, answer, lost + 1, signal);
    }
  }

  async #recover(
    tables: readonly Outgoing[],
    { patient, error }: Unknown,
    lost: number,
    signal: AbortSignal,
  ): Promise<Sent> {
    const { logger, patienceMs } = this.#deps;
    this.#timeouts += 1;
    const missing = await this.#missing(
      tables,
      { ms: patient ? patienceMs : FIRST_CHECK_MS, firstMs: FIRST_CHECK_MS },
      signal,
    );
    if (missing.length === tables.length && lost >= MAX_LOST) throw error;
    logger.log('info', 'bulk request timed out; checked which tables arrived', {
      tables: tables.length,
      missing: missing.length,
    });
    const arrived = tables.filter((table) => !missing.includes(table));
    const { arrived: more, retrySingly } = await this.#inHalves(
      missing,
      arrived.length > 0 ? 0 : lost,
      signal,
    );
    return { arrived: [...arrived, ...more], retrySingly };
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
      retrySingly: [...first.retrySingly, ...second.retrySingly],
    };
  }

  /**
   * Waits for tables that the server writes in the background. Those that never arrive get their
   * result one by one.
   */
  async #awaitBackground(
    body: unknown,
    tables: readonly Outgoing[],
    signal: AbortSignal,
  ): Promise<Sent> {
    const { arrived: accepted, retrySingly } = resultOf(body, tables);
    const patience = { ms: this.#deps.patienceMs, firstMs: FIRST_BACKGROUND_CHECK_MS };
    const missing = await this.#missing(accepted, patience, signal);
    const arrived = accepted.filter((table) => !missing.includes(table));
    return { arrived, retrySingly: [...retrySingly, ...missing] };
  }

  /**
   * The tables still missing when the server's time is over; the time restarts whenever a table
   * arrives.
   */
  async #missing(
    tables: readonly Outgoing[],
    patience: Omit<Patience, 'clock'>,
    signal: AbortSignal,
  ): Promise<readonly Outgoing[]> {
    let missing = tables;
    const look = async (): Promise<number> => {
      missing = await this.#absent(missing, signal);
      return missing.length;
    };
    await untilArrived(look, { ...patience, clock: this.#deps.clock }, signal);
    return missing;
  }

  async #absent(tables: readonly Outgoing[], signal: AbortSignal): Promise<readonly Outgoing[]> {
    const absent: Outgoing[] = [];
    for (const table of tables) {
      const found = await this.#deps.index.look(table.fqn, signal);
      if (found?.deleted !== false || found.sourceHash !== table.hash) absent.push(table);
    }
    return absent;
  }

  async #send(tables: readonly Outgoing[], signal: AbortSignal): Promise<Answer> {
    const what = `${tables.length} tables`;
    try {
      const { status, body } = await this.#deps.server.send(
        {
          method: 'PUT',
          path: this.#timeouts === 0 ? '/tables/bulk' : '/tables/bulk?async=true',
          what,
          body: tables.map(({ request }) => request),
          accept: [400, 404, 405, 413, ...GATEWAY_ERRORS],
          repeat: 'unlessUnknown',
        },
        signal,
      );
      if (status === 404 || status === 405) this.#supported = false;
      if (GATEWAY_ERRORS.includes(status))
        return {
          kind: 'unknown',
          patient: status === 504,
          error: new RunnerError(
            'SINK_BUSY',
            `${what}: the gateway responded with status ${status}`,
          ),
        };
      if (status === 413) return { kind: 'tooMuch' };
      if (status === 202) return { kind: 'accepted', body };
      return status < 300 ? { kind: 'answered', body } : { kind: 'rejected' };
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted) throw error;
      if (isOutcomeUnknown(error))
        return {
          kind: 'unknown',
          patient: error.code !== 'NETWORK_RESET',
          error: error.with({ retryable: false }),
        };
      if (error.code === 'SINK_FAILED') return { kind: 'rejected' };
      throw error;
    }
  }
}
