import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { classesIn, classFileName, readClasses, triggerFileName, triggersIn } from './apex-code.ts';
import type { CodeDeps, CodeReadDeps } from './code-deps.ts';
import { flowFileName, flowsIn, readDefinitions, readFlows } from './flows.ts';
import { UNREAD } from './optional-rows.ts';
import { type CodeUnit, storedProcedure, storedProcedureFqn } from './stored-procedure.ts';
import type { TriggerRow } from './triggers.ts';

/** All code of an org, including code that this run does not extract. */
export interface OrgCode {
  readonly fqns: readonly string[];
  /** Whether every listing was read. */
  readonly complete: boolean;
}

/** Code as it was read, for `codeIn`. */
export interface ReadCode {
  readonly classes: Awaited<ReturnType<typeof readClasses>>;
  readonly flows: Awaited<ReturnType<typeof readFlows>>;
  /** Definitions of flows by version. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** Reads Apex classes and flows. Both may be UNREAD. */
export async function readCode(deps: CodeReadDeps, signal: AbortSignal): Promise<ReadCode> {
  const readWithDefinitions = async (): Promise<Omit<ReadCode, 'classes'>> => {
    const flows = await readFlows(deps, signal);
    return { flows, definitions: await readDefinitions(flows, deps, signal) };
  };
  const [classes, read] = await Promise.all([
    deps.classes ? readClasses(deps, signal) : UNREAD,
    readWithDefinitions(),
  ]);
  return { classes, ...read };
}

/**
 * Apex triggers and flows of the run's objects, and Apex classes, as stored procedures. Returns all
 * code of the org.
 */
export function* codeIn(
  triggers: readonly TriggerRow[],
  { classes, flows, definitions }: ReadCode,
  deps: CodeDeps,
): Generator<EntityRecord, OrgCode, undefined> {
  const units: CodeUnit[] = [
    ...triggersIn(triggers, deps),
    ...classesIn(classes),
    ...flowsIn(flows, definitions, deps),
  ];
  for (const unit of units) {
    if (deps.passes(unit.name)) yield storedProcedure(unit, deps);
  }
  const names = [
    ...triggers.map(triggerFileName),
    ...classes.map(classFileName),
    ...flows.map(flowFileName),
  ];
  return {
    fqns: names.map((name) => storedProcedureFqn(name, deps)),
    complete: ![triggers, classes, flows].includes(UNREAD),
  };
}
