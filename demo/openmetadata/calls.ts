import type { Display } from '../display.ts';

export type Who = 'browser' | 'OpenMetadata' | 'control plane';

/** One call of the demo, human-readable and for `--json`. */
export interface Call {
  readonly from: Who;
  readonly to: Who;
  readonly call: string;
  /** 0: on its way. */
  readonly status: number;
  readonly says?: string;
}

const ROUTE_WIDTH = 31;
const CALL_WIDTH = 78;

/**
 * Shows calls as they happen; of many between the same two, each kind once with the number of
 * times.
 */
export class Calls {
  readonly all: Call[] = [];
  readonly #display: Display;
  readonly #waiting = new Map<string, { readonly call: Call; times: number }>();

  constructor(display: Display) {
    this.#display = display;
  }

  add(call: Call): void {
    this.all.push(call);
    const [before] = this.#waiting.values();
    if (before !== undefined && before.call.from !== call.from) this.settle();
    const key = `${call.from} ${kindOf(call.call)} ${call.status} ${call.says ?? ''}`;
    const known = this.#waiting.get(key);
    if (known === undefined) this.#waiting.set(key, { call, times: 1 });
    else known.times += 1;
  }

  /** Shows what has not been shown yet. */
  settle(): void {
    for (const { call, times } of this.#waiting.values()) this.#display.log(lineOf(call, times));
    this.#waiting.clear();
  }

  count(from: Who, to: Who): number {
    return this.all.filter((call) => call.from === from && call.to === to).length;
  }
}

function lineOf({ from, to, call, status, says }: Call, times: number): string {
  const route = `${from} → ${to}`.padEnd(ROUTE_WIDTH);
  const what = call.length > CALL_WIDTH ? `${call.slice(0, CALL_WIDTH - 1)}…` : call;
  const more = `${says === undefined ? '' : `  ${says}`}${times === 1 ? '' : `  (${times} times)`}`;
  return `${route} ${what} ${status === 0 ? '' : status}${more}`;
}

/** Calls that differ in a name only are repetitions. */
function kindOf(call: string): string {
  return call
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\/name\/.*/, '/name/NAME')
    .replace(/\?.*/, '');
}
