import { RunnerError } from '../errors/errors.ts';
import type { AdaptiveLimit } from '../api/adaptive-limit.ts';
import type { SalesforceApi } from '../api/api.ts';
import { isDerived, kindOf } from './object-kind.ts';
import { MAX_PARTS, readComposite, type PartAnswer } from '../api/composite.ts';
import { FIELD_MEMBERS } from './sobject-field.ts';
import type { ListedObject } from './object-list.ts';
import { endsRun } from '../api/run-ending.ts';
import { DeferredDescribe } from './deferred-describe.ts';
import { each, parallelMap } from '../../../runtime/parallel-map.ts';
import { incomplete } from '../api/pages.ts';
import { refusal } from '../api/refusal.ts';

/** What became of one object. */
export type Described =
  | { readonly listed: ListedObject; readonly describe: DeferredDescribe }
  | { readonly listed: ListedObject; readonly unchanged: true }
  | { readonly listed: ListedObject; readonly error: RunnerError };

export interface DescribesOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly limit: AdaptiveLimit;
  /** An object that has not changed since then (as HTTP writes it) comes out unchanged; undefined for one that is to be read in any case. */
  readonly since: (object: ListedObject) => string | undefined;
  /**
   * Told once no more calls may be made. What is under way then comes to its end; objects not described by then do not
   * come out.
   */
  readonly onSpent: (error: RunnerError) => void;
  /** Waits before parts of a call are asked for again; `round` counts from 1. */
  readonly pause: (round: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Describes objects, up to 25 in a call, a call's objects at a time as they come. Each object comes out exactly once:
 * described, or with the reason why not, unless the calls run out. Throws only what ends the whole extraction.
 */
export async function* describeObjects(
  objects: readonly ListedObject[],
  options: DescribesOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly Described[], void, undefined> {
  let spent = false;
  const describing: Describing = { ...options, pulse: new Pulse() };
  yield* parallelMap(
    each(pack(objects)),
    () => options.limit.value,
    signal,
    async (group, within) => {
      if (spent) return [];
      try {
        return await describeGroup(group, describing, within);
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (error.code !== 'SALESFORCE_LIMIT_REACHED') throw error;
        if (!spent) options.onSpent(error);
        spent = true;
        return [];
      }
    },
  );
}

/** The weight of one describe, in parts of a call: how large and slow it is likely to be, from experience with orgs. */
function weightOf(object: ListedObject): number {
  if (/^(?:User|Account|Contact|Opportunity|Case|Lead)$/.test(object.name)) return 5;
  return isDerived(kindOf(object)) ? 0.5 : 1;
}

/** Heavy objects first, so that none is the last to be waited for. */
function pack(objects: readonly ListedObject[]): ListedObject[][] {
  const groups: ListedObject[][] = [];
  let weight = Infinity;
  for (const object of objects.toSorted((a, b) => weightOf(b) - weightOf(a))) {
    if (weight + weightOf(object) > MAX_PARTS || groups.at(-1)!.length >= MAX_PARTS) {
      groups.push([]);
      weight = 0;
    }
    groups.at(-1)!.push(object);
    weight += weightOf(object);
  }
  return groups;
}

/** Calls that are left to what follows a describe: the queries for what administrators wrote about the objects. */
const HEADROOM = 12;

/** Errors that may be due to one object of a call, or to the size of the call. */
const OF_THE_OBJECT: ReadonlySet<string> = new Set([
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_FORBIDDEN',
  'SALESFORCE_UNEXPECTED',
  'RESPONSE_TOO_LARGE',
  'SALESFORCE_BUSY',
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);
/** Those that are as likely the org's. */
const OF_THE_ORG: ReadonlySet<string> = new Set([
  'SALESFORCE_UNEXPECTED',
  'SALESFORCE_BUSY',
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);
/** Calls that fail one after another, each tried several times, until it is the org that is down and no object. */
const MOST_FAILED_CALLS = 8;
const ROUNDS = 3;

/** Whether the org answers at all: without it, an org that is down would be asked for each object by itself. */
class Pulse {
  #failed = 0;

  answered(): void {
    this.#failed = 0;
  }

  /** Throws the error once it is no single object's any more. */
  failed(error: RunnerError): void {
    if (!OF_THE_ORG.has(error.code)) return;
    this.#failed += 1;
    if (this.#failed > MOST_FAILED_CALLS) throw error;
  }
}

interface Describing extends DescribesOptions {
  readonly pulse: Pulse;
}

async function describeGroup(
  group: readonly ListedObject[],
  options: Describing,
  signal: AbortSignal,
  round = 1,
): Promise<readonly Described[]> {
  const { api, version, pulse } = options;
  const parts = group.map((object, index) => ({
    referenceId: `o${index}`,
    url: `/services/data/v${version}/sobjects/${encodeURIComponent(object.name)}/describe`,
    since: options.since(object),
  }));
  let answers: Map<string, Described>;
  try {
    const what = `describe of ${group.length === 1 ? group[0]!.name : `${group.length} objects`}`;
    answers = await readComposite(
      api,
      {
        path: `/services/data/v${version}/composite`,
        parts,
        what,
        cut: CUT,
        headroom: HEADROOM,
        mayLack: true,
      },
      (part) => {
        const index = Number(part.referenceId.slice(1));
        return readPart(group[index]!, parts[index]!.since !== undefined, part);
      },
      signal,
    );
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal) || !OF_THE_OBJECT.has(error.code)) throw error;
    pulse.failed(error);
    return group.length === 1 ? [{ listed: group[0]!, error }] : halve(group, options, signal);
  }
  pulse.answered();
  const read = group.map(
    (listed, index) =>
      answers.get(`o${index}`) ?? {
        listed,
        error: incomplete(`describe of ${listed.name}`, 'the call answered without it'),
      },
  );
  return repeatFailed(read, options, signal, round);
}

/** A call that fails as a whole may fail for one of its objects, or for its size: halves find out. */
async function halve(
  group: readonly ListedObject[],
  options: Describing,
  signal: AbortSignal,
): Promise<readonly Described[]> {
  const middle = Math.ceil(group.length / 2);
  const first = await describeGroup(group.slice(0, middle), options, signal);
  return [...first, ...(await describeGroup(group.slice(middle), options, signal))];
}

/** Parts of a call can fail for reasons that pass: an ended session, an overload. They are asked for again in a call of their own. */
async function repeatFailed(
  read: readonly Described[],
  options: Describing,
  signal: AbortSignal,
  round: number,
): Promise<readonly Described[]> {
  const errors = read.flatMap((item) => ('error' in item ? [item.error] : []));
  const spent = errors.find(({ code }) => code === 'SALESFORCE_LIMIT_REACHED');
  if (spent !== undefined) throw spent;
  const again = read.filter((item) => 'error' in item && item.error.retryable);
  if (again.length === 0 || round === ROUNDS) return read;
  if (errors.some(({ code }) => code === 'SALESFORCE_BUSY'))
    options.limit.observe({ millis: 0, busy: true });
  await options.pause(round, signal);
  const done = read.filter((item) => !again.includes(item));
  return [
    ...done,
    ...(await describeGroup(
      again.map(({ listed }) => listed),
      options,
      signal,
      round + 1,
    )),
  ];
}

/** Fields are read when it is their turn; relationships to children are the bulk of some describes, and are read from the other side. */
const CUT = { extract: 'fields', wanted: FIELD_MEMBERS, drop: ['childRelationships'] } as const;

function readPart(listed: ListedObject, conditional: boolean, answer: PartAnswer): Described {
  const what = `describe of ${listed.name}`;
  if (answer.status === 304)
    return conditional
      ? { listed, unchanged: true }
      : { listed, error: incomplete(what, 'it was not asked for on a condition') };
  if (answer.status !== 200) return { listed, error: refusal(answer.status, answer.body, what) };
  try {
    return { listed, describe: new DeferredDescribe(answer, listed.name) };
  } catch (thrown) {
    return { listed, error: RunnerError.from(thrown) };
  }
}
