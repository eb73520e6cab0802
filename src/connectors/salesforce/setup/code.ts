import { z } from 'zod';
import type { EntityRecord } from '../../../domain/record.ts';
import type { Logger } from '../../../observability/logger.ts';
import { assertEntity, type CreateStoredProcedure } from '../../../openmetadata/entities.ts';
import { entityName, fullyQualifiedName } from '../../../openmetadata/names.ts';
import type { Filter } from '../../../openmetadata/filters.ts';
import type { CutText } from '../../../redaction/cut-text.ts';
import type { SalesforceApi } from '../api/api.ts';
import {
  qualified,
  readExtra,
  shortId,
  triggerOf,
  UNREAD,
  type TriggerRow,
} from './setup-objects.ts';
import { objectsIn } from './flow-objects.ts';
import { FlowTexts } from './flow-texts.ts';

export interface CodeOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly databaseSchema: string;
  readonly origin: string;
  readonly cut: CutText;
  /** Whether to read the text of classes and flows; that of triggers comes with their rows. */
  readonly bodies: boolean;
  readonly passes: Filter;
  /** Whether classes are wanted, which belong to no object. */
  readonly classes: boolean;
  /** The name of an object of this run by its durable id; undefined for any other. */
  readonly objectName: (durableId: string) => string | undefined;
  /** Whether an object of this name is one of this run. */
  readonly has: (name: string) => boolean;
}

/** All code of an org, were it left out of the run or not. */
export interface CodeOfOrg {
  readonly fqns: readonly string[];
  /** Whether every listing was read. */
  readonly complete: boolean;
}

/** A piece of code before it becomes an entity. */
interface Piece {
  /** With the ending that Salesforce's own tools give it, which keeps a class and a trigger of one name apart. */
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
  readonly code: string | undefined;
  readonly path: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A record has to fit a frame of the protocol. */
const LONGEST_CODE = 400_000;

const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const classSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  NamespacePrefix: optional,
  Status: optional,
  Body: optional,
});
const flowSchema = z.object({
  DurableId: z.string(),
  ApiName: z.string(),
  Label: optional,
  Description: optional,
  ProcessType: optional,
  TriggerType: optional,
  TriggerObjectOrEventId: optional,
  IsActive: z.boolean().nullish(),
  ActiveVersionId: optional,
  LatestVersionId: optional,
});

/** Apex triggers and flows of the run's objects, and Apex classes, as stored procedures. Returns what code the org has. */
export async function* codeOf(
  triggers: readonly TriggerRow[],
  options: CodeOptions,
  signal: AbortSignal,
): AsyncGenerator<EntityRecord, CodeOfOrg, undefined> {
  const classes = options.classes ? await readClasses(options, signal) : UNREAD;
  const flows = await readFlows(options, signal);
  for (const piece of [
    ...triggersOf(triggers, options),
    ...classesOf(classes),
    ...(await flowsOf(flows, options, signal)),
  ]) {
    if (options.passes(piece.name)) yield storedProcedure(piece, options);
  }
  const names = [
    ...triggers.map(nameOfTrigger),
    ...classes.map(nameOfClass),
    ...flows.map(nameOfFlow),
  ];
  return {
    fqns: names.map((name) => fqnOf(name, options)),
    complete: ![triggers, classes, flows].includes(UNREAD),
  };
}

function triggersOf(rows: readonly TriggerRow[], { objectName }: CodeOptions): Piece[] {
  return rows.flatMap((row): Piece[] => {
    const object =
      row.EntityDefinitionId === undefined
        ? undefined
        : objectName(shortId(row.EntityDefinitionId));
    if (object === undefined) return [];
    const { active, events } = triggerOf(row);
    return [
      {
        name: nameOfTrigger(row),
        code: readable(row.Body),
        path: `/lightning/setup/ApexTriggers/page?address=%2F${row.Id}`,
        properties: {
          kind: 'apexTrigger',
          active,
          events,
          objects: [object],
          ...hiddenIn(row.Body),
        },
      },
    ];
  });
}

function nameOfTrigger(row: TriggerRow): string {
  return `${qualified(row)}.trigger`;
}

type ClassRow = z.infer<typeof classSchema>;

function readClasses(
  { api, version, logger, bodies }: CodeOptions,
  signal: AbortSignal,
): Promise<readonly ClassRow[]> {
  const query = `SELECT Id, Name, NamespacePrefix, Status${bodies ? ', Body' : ''} FROM ApexClass`;
  return readExtra({ api, version, logger, what: 'the Apex classes' }, query, classSchema, signal);
}

function classesOf(rows: readonly ClassRow[]): Piece[] {
  return rows.map((row) => ({
    name: nameOfClass(row),
    code: readable(row.Body),
    path: `/lightning/setup/ApexClasses/page?address=%2F${row.Id}`,
    properties: { kind: 'apexClass', active: row.Status === 'Active', ...hiddenIn(row.Body) },
  }));
}

function nameOfClass(row: ClassRow): string {
  return `${qualified(row)}.cls`;
}

type FlowRow = z.infer<typeof flowSchema>;

function readFlows(
  { api, version, logger }: CodeOptions,
  signal: AbortSignal,
): Promise<readonly FlowRow[]> {
  const query =
    'SELECT DurableId, ApiName, Label, Description, ProcessType, TriggerType, TriggerObjectOrEventId, IsActive, ActiveVersionId, LatestVersionId FROM FlowDefinitionView';
  // An object of the data API (Object Reference, FlowDefinitionView); the Tooling API does not document it.
  return readExtra(
    { api, version, logger, what: 'the flows', surface: 'data' },
    query,
    flowSchema,
    signal,
  );
}

/**
 * Flows that a record of the run's objects starts. Which objects any other flow touches only its text says: where texts are
 * read, such flows are told too.
 */
async function flowsOf(
  rows: readonly FlowRow[],
  options: CodeOptions,
  signal: AbortSignal,
): Promise<Piece[]> {
  const { api, version, logger, bodies, objectName, has } = options;
  const flows = rows.map((row) => ({
    row,
    versionId: row.ActiveVersionId ?? row.LatestVersionId,
    startedBy:
      row.TriggerObjectOrEventId === undefined
        ? undefined
        : objectName(shortId(row.TriggerObjectOrEventId)),
  }));
  const started = flows.filter(({ startedBy }) => startedBy !== undefined);
  const others = bodies
    ? flows
        .filter(({ row }) => row.TriggerObjectOrEventId === undefined)
        .toSorted((a, b) => Number(b.row.IsActive === true) - Number(a.row.IsActive === true))
    : [];
  const candidates = [...started, ...others];
  const texts = bodies
    ? await new FlowTexts({ api, version, logger }).read(
        candidates.flatMap(({ versionId }) => versionId ?? []),
        signal,
      )
    : new Map<string, string>();
  return candidates.flatMap(({ row, startedBy, versionId }): Piece[] => {
    const code = versionId === undefined ? undefined : texts.get(versionId);
    const touched = code === undefined ? [] : objectsIn(JSON.parse(code)).filter(has);
    const objects = [...new Set([...(startedBy === undefined ? [] : [startedBy]), ...touched])];
    return objects.length === 0 ? [] : [flowPiece(row, versionId, objects, code)];
  });
}

function flowPiece(
  row: FlowRow,
  versionId: string | undefined,
  objects: readonly string[],
  code: string | undefined,
): Piece {
  return {
    name: nameOfFlow(row),
    ...(row.Label === undefined ? {} : { label: row.Label }),
    ...(row.Description === undefined ? {} : { description: row.Description }),
    code,
    path: `/builder_platform_interaction/flowBuilder.app?flowId=${versionId ?? row.DurableId}`,
    properties: {
      kind: 'flow',
      active: row.IsActive === true,
      processType: row.ProcessType,
      triggerType: row.TriggerType,
      objects,
    },
  };
}

function nameOfFlow({ ApiName }: FlowRow): string {
  return `${ApiName}.flow`;
}

/** In place of what a managed package keeps to itself. */
const HIDDEN = '(hidden)';

function readable(body: string | undefined): string | undefined {
  return body === HIDDEN ? undefined : body;
}

/** Tells text that the org does not show from text that was not asked for. */
function hiddenIn(body: string | undefined): { readonly hidden?: true } {
  return body === HIDDEN ? { hidden: true } : {};
}

function fqnOf(name: string, { databaseSchema }: CodeOptions): string {
  return `${databaseSchema}.${fullyQualifiedName(entityName(name))}`;
}

function storedProcedure(
  { name, label, description, code, path, properties }: Piece,
  options: CodeOptions,
): EntityRecord {
  const { databaseSchema, origin } = options;
  const fqn = fqnOf(name, options);
  const isCut = code !== undefined && code.length > LONGEST_CODE;
  const request: CreateStoredProcedure = {
    name: entityName(name),
    ...(label === undefined ? {} : { displayName: label }),
    ...(description === undefined ? {} : { description }),
    databaseSchema,
    storedProcedureType: 'StoredProcedure',
    storedProcedureCode: {
      language: 'External',
      ...(code === undefined ? {} : { code: options.cut(code, LONGEST_CODE) }),
    },
    sourceUrl: `${origin}${path}`,
  };
  assertEntity('storedProcedure', fqn, request);
  return {
    kind: 'entity',
    type: 'storedProcedure',
    fqn,
    request,
    properties: { ...properties, ...(isCut ? { cutAt: LONGEST_CODE } : {}) },
  };
}
