import { tryParseJson } from '../../foundation/src/domain/json.ts';
import type { RunRecord } from '../../foundation/src/domain/record.ts';

// Invariant: output does not depend on whether a text of the job equals a secret. Otherwise a
// control plane could guess secrets by sending them in jobs. So texts of the job are sent unchanged
// or not at all, at paths that are fixed for each kind of record, and the redactor never sees them.
// Everything else in a record came from the source, and is redacted.

/**
 * Paths of fully qualified names, which begin with texts of the job. `*` stands for each item of a
 * list.
 */
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
/** Paths of filters and names of the job. */
const VERBATIM: Partial<Record<RunRecord['kind'], readonly string[]>> = {
  sweep: ['among.names.*', 'among.includes.*', 'among.excludes.*'],
};

interface Place {
  readonly path: readonly string[];
  readonly verbatim: boolean;
}

/**
 * A record's JSON, redacted except for texts of the job. `ownNames` are the fully qualified names
 * that consist of these texts, outermost first. Undefined when redaction destroyed the record.
 */
export function redactRecord(
  record: RunRecord,
  ownNames: readonly string[],
  redact: (text: string) => string,
): string | undefined {
  const places = placesOf(record, ownNames);
  const jobTexts: string[] = [];
  const bare = atPlaces(record, places, (text, verbatim) => {
    const own = verbatim ? text : ownPart(text, record.kind, ownNames);
    jobTexts.push(own);
    return text.slice(own.length);
  });
  const clean = tryParseJson(redact(JSON.stringify(bare)))?.value as Partial<RunRecord> | undefined;
  if (clean?.kind !== record.kind) return undefined;
  let next = 0;
  const whole = atPlaces(clean, places, (text) => (jobTexts[next++] ?? '') + text);
  return next === jobTexts.length ? JSON.stringify(whole) : undefined;
}

function placesOf(record: RunRecord, ownNames: readonly string[]): Place[] {
  const place =
    (verbatim: boolean) =>
    (path: string): Place => ({ path: path.split('.'), verbatim });
  // The name of a service, a database or a schema that the job names is a text of the job too.
  const named = record.kind === 'entity' && ownNames.includes(record.fqn) ? ['request.name'] : [];
  return [
    ...QUALIFIED[record.kind].map(place(false)),
    ...[...(VERBATIM[record.kind] ?? []), ...named].map(place(true)),
  ];
}

/**
 * The name of a failure can be that of an object of the source, which can equal the name of the
 * service.
 */
function ownPart(text: string, kind: RunRecord['kind'], ownNames: readonly string[]): string {
  const exact = kind !== 'failure' && kind !== 'outcome';
  return ownNames.findLast((name) => (exact && text === name) || text.startsWith(`${name}.`)) ?? '';
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
