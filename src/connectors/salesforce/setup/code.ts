import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { classesIn, classFileName, readClasses, triggerFileName, triggersIn } from './apex-code.ts';
import type { CodeDeps } from './code-deps.ts';
import { flowFileName, flowsIn, readFlows } from './flows.ts';
import { UNREAD } from './optional-rows.ts';
import { type CodeUnit, storedProcedure, storedProcedureFqn } from './stored-procedure.ts';
import type { TriggerRow } from './triggers.ts';

/** All code of an org, including code that this run does not extract. */
export interface OrgCode {
  readonly fqns: readonly string[];
  /** Whether every listing was read. */
  readonly complete: boolean;
}

/**
 * Apex triggers and flows of the run's objects, and Apex classes, as stored procedures. Returns all
 * code of the org.
 */
export async function* extractCode(
  triggers: readonly TriggerRow[],
  deps: CodeDeps,
  signal: AbortSignal,
): AsyncGenerator<EntityRecord, OrgCode, undefined> {
  // Neither depends on the other, and the run has no other calls under way by now.
  const [classes, { flows, units }] = await Promise.all([
    deps.classes ? readClasses(deps, signal) : UNREAD,
    readFlowUnits(deps, signal),
  ]);
  for (const unit of [...triggersIn(triggers, deps), ...classesIn(classes), ...units]) {
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

interface FlowUnits {
  readonly flows: Awaited<ReturnType<typeof readFlows>>;
  readonly units: readonly CodeUnit[];
}

/** All flows of the org, and the units of those that this run extracts. */
async function readFlowUnits(deps: CodeDeps, signal: AbortSignal): Promise<FlowUnits> {
  const flows = await readFlows(deps, signal);
  return { flows, units: await flowsIn(flows, deps, signal) };
}
