import type { Effect, FaultMatch } from './fault-rules.ts';

/** All kinds of effects with their properties, to detect typos. */
const MEMBERS: Readonly<Record<Effect['kind'], Readonly<Record<string, Demand>>>> = {
  respond: { status: 'status', body: 'anything', headers: 'headers' },
  unavailable: {},
  'limit-exceeded': {},
  'session-expired': {},
  vanish: {},
  forbid: {},
  'huge-describe': { bytes: 'amount' },
  alter: { set: 'members?', without: 'names?', halve: 'string?' },
  delay: { ms: 'amount' },
  'stall-headers': { ms: 'amount?' },
  'stall-body': { afterBytes: 'amount?', ms: 'amount?' },
  truncate: { afterBytes: 'amount?' },
  'not-json': {},
  maintenance: {},
  'gzip-bomb': { megabytes: 'amount' },
  redirect: { location: 'headerText', status: 'status?' },
  'hostile-url': { url: 'string' },
  reset: {},
  'drop-header': { name: 'headerText' },
  'clock-offset': { seconds: 'number' },
};

type Demand = keyof typeof DEMANDS;
const isString = (value: unknown): boolean => typeof value === 'string';
/** Whether the value is valid in a header. */
const isHeaderText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !/[^\x21-\x7e]/.test(value);
const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** Whether it is the status of a final response. */
const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
const isHeaders = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, one]) =>
      /^[\w-]+$/.test(name) && typeof one === 'string' && !/[^\t\x20-\x7e]/.test(one),
  );
const orNothing =
  (fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || fits(value);

const DEMANDS = {
  amount: isAmount,
  'amount?': orNothing(isAmount),
  number: Number.isFinite,
  status: isStatus,
  'status?': orNothing(isStatus),
  headerText: isHeaderText,
  string: isString,
  'string?': orNothing(isString),
  'names?': orNothing((value) => [value].flat().every(isString)),
  'members?': orNothing(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
  'flag?': orNothing((value) => typeof value === 'boolean'),
  headers: orNothing(isHeaders),
  anything: () => true,
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

const MATCH: Readonly<Record<keyof FaultMatch, Demand>> = {
  path: 'string?',
  method: 'string?',
  host: 'string?',
  object: 'names?',
  nth: 'amount?',
  onward: 'flag?',
  times: 'amount?',
  probability: 'amount?',
};

/** The problem of a rule from outside; undefined for a valid rule. */
export function problemOf({
  match = {},
  effect,
}: Readonly<{ match?: unknown; effect?: unknown }>): string | undefined {
  if (typeof match !== 'object' || match === null) return 'match is not an object';
  if (typeof effect !== 'object' || effect === null) return 'effect is not an object';
  const { kind, ...rest } = effect as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !Object.hasOwn(MEMBERS, kind))
    return `unknown effect: ${String(kind)}`;
  return (
    memberProblem('match', { ...match }, MATCH) ??
    memberProblem(kind, rest, MEMBERS[kind as Effect['kind']])
  );
}

function memberProblem(
  what: string,
  members: Readonly<Record<string, unknown>>,
  demands: Readonly<Record<string, Demand>>,
): string | undefined {
  const unknown = Object.keys(members).find((name) => !Object.hasOwn(demands, name));
  if (unknown !== undefined) return `${what} has no property "${unknown}"`;
  const wrong = Object.entries(demands).find(([name, demand]) => !DEMANDS[demand](members[name]));
  return wrong === undefined ? undefined : `${what} requires a valid "${wrong[0]}"`;
}
