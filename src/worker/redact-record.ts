import type { RunRecord } from '../domain/record.ts';

// What must never break: whether a word of the job equals a secret makes no difference to what goes out. So a job's words
// leave as they are or not at all, in places that are fixed for each kind of record, and are never looked at by the redactor.
// Anything else that a record holds came from the source, and is.

/** Where fully qualified names stand, which begin with the job's words. `*` stands for each item of a list. */
const QUALIFIED: Readonly<Record<RunRecord['kind'], readonly string[]>> = {
  entity: [
    'fqn',
    'request.service',
    'request.database',
    'request.databaseSchema',
    'request.tableConstraints.*.referredColumns.*',
  ],
  unchanged: ['fqns.*'],
  lineage: [
    'from',
    'to',
    'details.columnsLineage.*.fromColumns.*',
    'details.columnsLineage.*.toColumn',
  ],
  profile: ['table'],
  sampleData: ['table'],
  deletion: ['fqn'],
  sweep: ['parent', 'keep.*', 'after', 'upTo'],
  lineageSweep: ['parent'],
  failure: ['failure.name'],
  outcome: ['failures.*.name', 'steps.*.failures.*.name'],
  classification: [],
  tag: [],
  log: [],
  step: [],
};
/** Where a job's filters and names stand, word for word. */
const VERBATIM: Partial<Record<RunRecord['kind'], readonly string[]>> = {
  sweep: ['among.names.*', 'among.includes.*', 'among.excludes.*'],
};

interface Place {
  readonly path: readonly string[];
  readonly verbatim: boolean;
}

/**
 * A record's JSON with the secrets out of everything in it that is not the job's words. `ownNames` are the fully qualified
 * names that the job's words make, outermost first. Undefined when redaction leaves no record of that kind.
 */
export function redactRecord(
  record: RunRecord,
  ownNames: readonly string[],
  redact: (text: string) => string,
): string | undefined {
  const places = placesOf(record, ownNames);
  const words: string[] = [];
  const bare = atPlaces(record, places, (text, verbatim) => {
    const own = verbatim ? text : ownPart(text, record.kind, ownNames);
    words.push(own);
    return text.slice(own.length);
  });
  const clean = parse(redact(JSON.stringify(bare)));
  if (clean?.kind !== record.kind) return undefined;
  let next = 0;
  const whole = atPlaces(clean, places, (text) => (words[next++] ?? '') + text);
  return next === words.length ? JSON.stringify(whole) : undefined;
}

function placesOf(record: RunRecord, ownNames: readonly string[]): Place[] {
  const place =
    (verbatim: boolean) =>
    (path: string): Place => ({ path: path.split('.'), verbatim });
  // Of a service, a database or a schema that the job names, the name is its word too.
  const named = record.kind === 'entity' && ownNames.includes(record.fqn) ? ['request.name'] : [];
  return [
    ...QUALIFIED[record.kind].map(place(false)),
    ...[...(VERBATIM[record.kind] ?? []), ...named].map(place(true)),
  ];
}

/** A failure may be of something of the source that happens to be called as the job calls its service. */
function ownPart(text: string, kind: RunRecord['kind'], ownNames: readonly string[]): string {
  const exact = kind !== 'failure' && kind !== 'outcome';
  return ownNames.findLast((name) => (exact && text === name) || text.startsWith(`${name}.`)) ?? '';
}

function parse(text: string): Partial<RunRecord> | undefined {
  try {
    return JSON.parse(text) as Partial<RunRecord>;
  } catch {
    return undefined;
  }
}

function atPlaces(
  record: unknown,
  places: readonly Place[],
  replace: (text: string, verbatim: boolean) => string,
): unknown {
  return places.reduce(
    (value, { path, verbatim }) => at(value, path, (text) => replace(text, verbatim)),
    record,
  );
}

function at(
  value: unknown,
  [step, ...rest]: readonly string[],
  replace: (text: string) => string,
): unknown {
  if (step === undefined) return typeof value === 'string' ? replace(value) : value;
  if (step === '*')
    return Array.isArray(value) ? value.map((item: unknown) => at(item, rest, replace)) : value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return value;
  return {
    ...value,
    [step]: at((value as Readonly<Record<string, unknown>>)[step], rest, replace),
  };
}
