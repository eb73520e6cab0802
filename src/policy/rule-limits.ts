import { canonicalJson } from '../../foundation/src/runtime/canonical-json.ts';
import { allow, type Allowed, type Decision, type RunLimit } from './decision.ts';
import type { PolicyRules } from './schema.ts';

/** The permission by a rule for secrets, with the limits of that rule. */
export function allowBy(place: string, rule: PolicyRules['secrets'][number]): Allowed {
  const { maxReadsPerHour: perHour, maxRunsPerHour, maxCallsPerDay } = rule;
  const id = identityOf(rule);
  const runs = { rule: id, place, runsPerHour: maxRunsPerHour, callsPerDay: maxCallsPerDay };
  const limited = maxRunsPerHour !== undefined || maxCallsPerDay !== undefined;
  return {
    ...allow(place),
    limit: { rule: id, perHour },
    ...(limited ? { runs } : {}),
  };
}

/** All that the rule binds: rules that differ in a host or a user are counted apart. */
function identityOf(rule: PolicyRules['secrets'][number]): string {
  const { maxReadsPerHour: _reads, maxRunsPerHour: _runs, maxCallsPerDay: _calls, ...bound } = rule;
  return canonicalJson(bound);
}

/** The limits in these decisions, each rule once. */
export function runLimitsOf(decisions: readonly Decision[]): readonly RunLimit[] {
  const found = decisions.flatMap((decision) =>
    decision.allowed && decision.runs !== undefined ? [decision.runs] : [],
  );
  return [...new Map(found.map((limit) => [limit.place, limit])).values()];
}
