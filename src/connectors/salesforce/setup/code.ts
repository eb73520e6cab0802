import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { classesIn, classFileName, readClasses, triggerFileName, triggersIn } from './apex-code.ts';
import type { CodeDeps } from './code-deps.ts';
import { flowFileName, flowsIn, readFlows } from './flows.ts';
import { UNREAD } from './optional-rows.ts';
import { storedProcedure, storedProcedureFqn } from './stored-procedure.ts';
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
  const classes = deps.classes ? await readClasses(deps, signal) : UNREAD;
  const flows = await readFlows(deps, signal);
  for (const unit of [
    ...triggersIn(triggers, deps),
    ...classesIn(classes),
    ...(await flowsIn(flows, deps, signal)),
  ]) {
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
