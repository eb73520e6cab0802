import type { Json } from '../../support/openmetadata-server/store.ts';

/** A request to an OpenMetadata server or its pipeline service, and the answer. */
export interface Exchange {
  readonly method: string;
  /** With the query, below `/api/v1` or the base of the Airflow API. */
  readonly path: string;
  /** Who asked: the runner's side as the bot, people in the interface, or the server itself. */
  readonly by: 'bot' | 'person' | 'server';
  readonly body?: unknown;
  readonly status: number;
  readonly answer?: unknown;
  /** When the request came; not kept. */
  readonly at?: number;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const ENCRYPTED = /fernet:[\w=-]+/g;
const TIME = /\b1[6-9]\d{11}\b/g;
const DATE = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?/g;
const ADDRESS = /https?:\/\/(?:127\.0\.0\.1|localhost|catalog\.test)(?::\d+)?/g;
const FIRST_TIME = 1_700_000_000_000;
/** What tells nothing and takes room. */
export const DROPPED: readonly string[] = [
  'changeDescription',
  'incrementalChangeDescription',
  'href',
  'updatedBy',
  'changeSummary',
];

/**
 * Takes out of exchanges what differs from one recording to the next, and what must not be kept:
 * ids are numbered in the order in which they appear, times begin at one time, tokens, encrypted
 * secrets and addresses are replaced.
 */
export class Normalizer {
  readonly #ids = new Map<string, string>();
  #firstTime: number | undefined;
  readonly #replacements: readonly (readonly [RegExp | string, string])[];

  /** `names`: texts to replace, such as the prefix of one run's names. */
  constructor(names: Readonly<Record<string, string>> = {}) {
    this.#replacements = Object.entries(names);
  }

  exchange(exchange: Exchange): Exchange {
    const { method, path, by, body, status, answer } = exchange;
    return {
      method,
      path: this.#text(path),
      by,
      ...(body === undefined ? {} : { body: this.#value(body) }),
      status,
      ...(answer === undefined || answer === '' ? {} : { answer: this.#value(answer) }),
    };
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number')
      return String(value).match(TIME) === null ? value : this.#time(value);
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !DROPPED.includes(name))
        .map(([name, item]) => [name, name === 'jwtToken' ? '<token>' : this.#value(item)]),
    );
  }

  #text(text: string): string {
    let plain = text;
    for (const [from, to] of this.#replacements) plain = plain.replaceAll(from, to);
    return plain
      .replace(TOKEN, '<token>')
      .replace(ENCRYPTED, '<encrypted>')
      .replace(UUID, (id) => this.#id(id.toLowerCase()))
      .replace(DATE, '<date>')
      .replace(TIME, (time) => String(this.#time(Number(time))))
      .replace(ADDRESS, 'https://catalog.test');
  }

  /** The order and the distance of times stay. */
  #time(time: number): number {
    this.#firstTime ??= time;
    return FIRST_TIME + time - this.#firstTime;
  }

  #id(id: string): string {
    const known = this.#ids.get(id) ?? `<id-${this.#ids.size + 1}>`;
    this.#ids.set(id, known);
    return known;
  }
}

/**
 * What a request is, apart from its values: method, path without names, and the names of the fields
 * in its body. Requests of one kind are taken by a server in the same way.
 */
export function kindOf({ method, path, body }: Pick<Exchange, 'method' | 'path' | 'body'>): string {
  const [route = '', query = ''] = path.split('?');
  const steps = route.split('/').map((step, index) => {
    if (/^<id-\d+>$|^[0-9a-f-]{36}$/.test(step)) return '{id}';
    return index > 1 && (step.includes('.') || step.includes('%')) ? '{name}' : step;
  });
  const names = [...new URLSearchParams(query).keys()].sort().join('&');
  const fields = [...new Set(fieldsOf(body))].sort().join(' ');
  return `${method} ${named(steps).join('/')}${names === '' ? '' : `?${names}`} ${fields}`.trim();
}

/** The step after `name` is a name. */
function named(steps: readonly string[]): string[] {
  return steps.map((step, index) => (steps[index - 1] === 'name' ? '{name}' : step));
}

/** Fields down to the second level; those of lists count once. */
function fieldsOf(body: unknown, prefix = '', depth = 0): string[] {
  if (Array.isArray(body)) return body.flatMap((item) => fieldsOf(item, prefix, depth));
  if (typeof body !== 'object' || body === null || depth > 1) return [];
  return Object.entries(body as Json).flatMap(([name, value]) => [
    `${prefix}${name}`,
    ...fieldsOf(value, `${prefix}${name}.`, depth + 1),
  ]);
}
