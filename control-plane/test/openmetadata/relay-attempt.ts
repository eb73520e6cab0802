/** What a scripted runner sends in an attempt whose results go to OpenMetadata. */
import { batch, logLine, outcomeLine, tableLine } from '../fake-records.ts';
import type { Connection, Ref } from '../fake-runner.ts';

export interface Offered {
  readonly ref: Ref;
  // oxlint-disable-next-line typescript/no-explicit-any -- a document as the runner reads it
  readonly workflow: any;
  /** Empty for a full run. */
  readonly catalogRevision: string;
}

const entity = (type: string, fqn: string, request: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ kind: 'entity', type, fqn, request });

/** What a run of the service sends before its tables. */
export const PARENTS: readonly string[] = [
  logLine('catalog read'),
  entity('databaseService', 'crm', { name: 'crm', serviceType: 'Salesforce' }),
  entity('database', 'crm.default', { name: 'default', service: 'crm' }),
  entity('databaseSchema', 'crm.default.salesforce', {
    name: 'salesforce',
    database: 'crm.default',
  }),
];

export const table = (name: string): string => tableLine(name, 'crm');

/** Only these tables exist. */
export const sweep = (...names: readonly string[]): string =>
  JSON.stringify({
    kind: 'sweep',
    type: 'table',
    parent: 'crm.default.salesforce',
    keep: names.map((name) => `crm.default.salesforce.${name}`),
  });

/** A run of these tables, and of no others. */
export const linesOf = (...names: readonly string[]): readonly string[] => [
  ...PARENTS,
  ...names.map(table),
  sweep(...names),
];

export async function accept(connection: Connection): Promise<Offered> {
  const offer = await connection.take<{ ref: Ref; workflow: Buffer; catalogRevision: string }>(
    'offer',
  );
  connection.send('accept', { ref: offer.ref });
  const workflow: unknown = JSON.parse(Buffer.from(offer.workflow).toString());
  return { ...offer, workflow };
}

/** Sends lines of an attempt, the first of which has this sequence. */
export async function send(
  connection: Connection,
  ref: Ref,
  lines: readonly string[],
  from = 1,
): Promise<void> {
  connection.send('batch', batch(ref, from, lines));
  await connection.take('ack');
}

/** Ends an attempt whose lines have been sent up to `from`. */
export async function finish(
  connection: Connection,
  ref: Ref,
  lines: readonly string[],
  outcome: object = {},
  from = 1,
): Promise<void> {
  const rest = [...lines.slice(from - 1), outcomeLine(lines, outcome)];
  connection.send('batch', batch(ref, from, rest, { last: true }));
  await connection.take('ack');
}
