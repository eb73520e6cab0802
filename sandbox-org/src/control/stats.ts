export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  readonly host: string;
  /** Without the query string. */
  readonly path: string;
  readonly status: number;
  readonly millis: number;
  /** The common name of the client certificate, if any. */
  readonly client: string | null;
}

export interface StatsReport {
  /** HTTP requests by endpoint. */
  readonly calls: Readonly<Record<string, number>>;
  /** Subrequests of composite and batch calls by endpoint. */
  readonly items: Readonly<Record<string, number>>;
  readonly apiCalls: number;
  readonly dailyLimit: number;
  readonly httpRequests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly logins: number;
  readonly sessions: number;
  readonly maxConcurrency: number;
  readonly connections: number;
  readonly faultsFired: number;
  readonly proxy: { readonly connections: number; readonly rejected: number };
  /** Newest last, at most 500. */
  readonly requests: readonly LoggedRequest[];
}

/** A socket's counters. */
export interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

const LOG_LENGTH = 500;

/** Counts of requests since the start or the last reset. */
export class Stats {
  readonly #calls = new Map<string, number>();
  readonly #items = new Map<string, number>();
  readonly #log: LoggedRequest[] = [];
  /** Open connections with their byte counts at the last reset. */
  readonly #open = new Map<
    Traffic,
    { readonly bytesRead: number; readonly bytesWritten: number }
  >();
  #bytesIn = 0;
  #bytesOut = 0;
  httpRequests = 0;
  connections = 0;

  /** Starts counting the bytes of a connection, TLS included. */
  track(connection: Traffic): void {
    this.connections += 1;
    this.#open.set(connection, { bytesRead: 0, bytesWritten: 0 });
  }

  untrack(connection: Traffic): void {
    const before = this.#open.get(connection);
    this.#bytesIn += connection.bytesRead - (before?.bytesRead ?? 0);
    this.#bytesOut += connection.bytesWritten - (before?.bytesWritten ?? 0);
    this.#open.delete(connection);
  }

  get traffic(): { readonly bytesIn: number; readonly bytesOut: number } {
    let bytesIn = this.#bytesIn;
    let bytesOut = this.#bytesOut;
    for (const [connection, before] of this.#open) {
      bytesIn += connection.bytesRead - before.bytesRead;
      bytesOut += connection.bytesWritten - before.bytesWritten;
    }
    return { bytesIn, bytesOut };
  }

  call(endpoint: string): void {
    this.#calls.set(endpoint, (this.#calls.get(endpoint) ?? 0) + 1);
  }

  item(endpoint: string): void {
    this.#items.set(endpoint, (this.#items.get(endpoint) ?? 0) + 1);
  }

  log(request: LoggedRequest): void {
    this.httpRequests += 1;
    this.#log.push(request);
    if (this.#log.length > LOG_LENGTH) this.#log.shift();
  }

  reset(): void {
    this.#calls.clear();
    this.#items.clear();
    this.#log.length = 0;
    this.#bytesIn = 0;
    this.#bytesOut = 0;
    this.httpRequests = 0;
    this.connections = 0;
    for (const connection of this.#open.keys()) {
      const { bytesRead, bytesWritten } = connection;
      this.#open.set(connection, { bytesRead, bytesWritten });
    }
  }

  get counts(): Pick<StatsReport, 'calls' | 'items' | 'requests'> {
    return {
      calls: Object.fromEntries(this.#calls),
      items: Object.fromEntries(this.#items),
      requests: [...this.#log],
    };
  }
}
