import { allow, type Allowed, type Decision, type RunLimit } from './decision.ts';
import type { PolicyRules } from './schema.ts';

/** The permission by a rule for secrets, with the limits of that rule. */
export function allowBy(place: string, rule: PolicyRules['secrets'][number]): Allowed {
  const { maxReadsPerHour: perHour, maxRunsPerHour, maxCallsPerDay } = rule;
  const id = `${rule.connector} ${rule.ref}`;
  const runs = { rule: id, place, runsPerHour: maxRunsPerHour, callsPerDay: maxCallsPerDay };
  const limited = maxRunsPerHour !== undefined || maxCallsPerDay !== undefined;
  return {
    ...allow(place),
    ...(perHour === undefined ? {} : { limit: { rule: id, perHour } }),
    ...(limited ? { runs } : {}),
  };
}

/** The limits in these decisions, each rule once. */
export function runLimitsOf(decisions: readonly Decision[]): readonly RunLimit[] {
  const found = decisions.flatMap((decision) =>
    decision.allowed && decision.runs !== undefined ? [decision.runs] : [],
  );
  return [...new Map(found.map((limit) => [limit.place, limit])).values()];
}
