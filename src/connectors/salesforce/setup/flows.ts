import { z } from 'zod';
import type { CodeDeps, CodeReadDeps } from './code-deps.ts';
import { shortId } from './durable-id.ts';
import { readFlowDefinitions } from './flow-definitions.ts';
import { objectsIn } from './flow-objects.ts';
import { optionalText, readOptionalRows } from './optional-rows.ts';
import type { CodeUnit } from './stored-procedure.ts';

const flowSchema = z.object({
  DurableId: z.string(),
  ApiName: z.string(),
  Label: optionalText,
  Description: optionalText,
  ProcessType: optionalText,
  TriggerType: optionalText,
  TriggerObjectOrEventId: optionalText,
  IsActive: z.boolean().nullish(),
  ActiveVersionId: optionalText,
  LatestVersionId: optionalText,
});
type FlowRow = z.infer<typeof flowSchema>;

export function readFlows(
  { api, version, logger }: CodeReadDeps,
  signal: AbortSignal,
): Promise<readonly FlowRow[]> {
  const query = [
    'SELECT DurableId, ApiName, Label, Description, ProcessType, TriggerType,',
    'TriggerObjectOrEventId, IsActive, ActiveVersionId, LatestVersionId FROM FlowDefinitionView',
  ].join(' ');
  // FlowDefinitionView is an object of the data API (see the Object Reference); the Tooling API
  // does not document it.
  return readOptionalRows(
    { api, version, logger, what: 'flows', surface: 'data' },
    query,
    flowSchema,
    signal,
  );
}

interface Candidate {
  readonly row: FlowRow;
  readonly versionId: string | undefined;
  /** The object of this run whose records start the flow. */
  readonly startedBy: string | undefined;
}

/** Definitions of the flows that may concern the run's objects, by version, if they are read. */
export async function readDefinitions(
  rows: readonly FlowRow[],
  deps: CodeReadDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (!deps.bodies) return new Map();
  const versionIds = candidatesIn(rows, deps).flatMap(({ versionId }) => versionId ?? []);
  return readFlowDefinitions(deps, versionIds, signal);
}

/**
 * The flows that concern the run's objects: those started by a record of such an object and, if
 * definitions are read, those that read or write one. Only its definition shows which objects a
 * flow uses.
 */
export function flowsIn(
  rows: readonly FlowRow[],
  definitions: ReadonlyMap<string, string>,
  deps: CodeDeps,
): CodeUnit[] {
  return candidatesIn(rows, deps).flatMap((candidate): CodeUnit[] => {
    const { startedBy, versionId } = candidate;
    const code = versionId === undefined ? undefined : definitions.get(versionId);
    const used = code === undefined ? [] : objectsIn(JSON.parse(code)).filter(deps.has);
    const objects = [...new Set([...(startedBy === undefined ? [] : [startedBy]), ...used])];
    return objects.length === 0 ? [] : [flowUnit(candidate, objects, code)];
  });
}

/**
 * Flows started by an object of this run come first, then active flows, because not all definitions
 * may be read.
 */
function candidatesIn(
  rows: readonly FlowRow[],
  { bodies, objectName }: Pick<CodeReadDeps, 'bodies' | 'objectName'>,
): Candidate[] {
  const flows = rows.map((row): Candidate => {
    const { TriggerObjectOrEventId: id } = row;
    return {
      row,
      versionId: row.ActiveVersionId ?? row.LatestVersionId,
      startedBy: id === undefined ? undefined : objectName(shortId(id)),
    };
  });
  const started = flows.filter(({ startedBy }) => startedBy !== undefined);
  if (!bodies) return started;
  const others = flows
    .filter(({ row }) => row.TriggerObjectOrEventId === undefined)
    .toSorted((a, b) => Number(b.row.IsActive === true) - Number(a.row.IsActive === true));
  return [...started, ...others];
}

function flowUnit(
  { row, versionId }: Candidate,
  objects: readonly string[],
  code: string | undefined,
): CodeUnit {
  return {
    name: flowFileName(row),
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

export function flowFileName({ ApiName }: FlowRow): string {
  return `${ApiName}.flow`;
}
