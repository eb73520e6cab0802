/** A fault injected into matching requests. */
export interface Fault {
  /** Matches method and path, for example `PUT /tables/bulk`. */
  readonly on: RegExp;
  /** Matches the body as JSON. Default: any. */
  readonly body?: RegExp;
  /** Number of requests affected. Default 1. */
  times?: number;
  /** Responds with this status instead. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string | Uint8Array;
  /** Never responds. */
  readonly hang?: boolean;
  /** Breaks the connection before or after the request is carried out. */
  readonly reset?: 'before' | 'after';
  /** Carries out the request before responding with `status`. */
  readonly keeps?: boolean;
  /** Delays the response until this resolves. */
  readonly until?: Promise<void>;
  /** Called first. */
  readonly meanwhile?: () => void;
}

/** The first fault that matches; it is used up by as many requests as it says. */
export function takeFault(faults: Fault[], title: string, body: unknown): Fault | undefined {
  const index = faults.findIndex(
    (fault) => fault.on.test(title) && (fault.body?.test(JSON.stringify(body ?? null)) ?? true),
  );
  const fault = faults[index];
  if (fault === undefined) return undefined;
  fault.times = (fault.times ?? 1) - 1;
  if (fault.times <= 0) faults.splice(index, 1);
  return fault;
}
