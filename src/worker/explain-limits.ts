import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { JobFacts, Policy, SecretUse } from '../policy/policy.ts';
import { policyKey } from '../policy/schema.ts';

/** What bounds a job that is allowed. */
export const LIMIT_NAMES = [
  'signatures',
  'readsPerHour',
  'runsPerHour',
  'callsPerDay',
  'callsPerRun',
  'reservePercent',
] as const;

export interface ExplainedLimit {
  readonly name: (typeof LIMIT_NAMES)[number];
  readonly value: number | string;
  readonly rule: string;
}

/** The limits of the policy for a job; those that are not set are left out. */
export function limitsOfJob(
  policy: Policy,
  hosts: readonly Endpoint[],
  job: JobFacts & { readonly uses: readonly SecretUse[]; readonly now: number },
): readonly ExplainedLimit[] {
  const { uses, now, ...facts } = job;
  const key = policyKey(job.connector);
  const { maxApiCallsPerRun, reservePercent } = policy.limitsFor(job.connector);
  const found: readonly (Omit<ExplainedLimit, 'value'> & {
    readonly value: number | string | undefined;
  })[] = [
    { name: 'signatures', value: policy.signing.mode, rule: 'jobs.signatures' },
    ...uses.flatMap((use) => {
      const decision = policy.secretPermitted({ ...use, ...facts, hosts, now });
      const value = decision.allowed ? decision.limit?.perHour : undefined;
      return [{ name: 'readsPerHour' as const, value, rule: `${decision.rule}.maxReadsPerHour` }];
    }),
    ...policy
      .runLimits(hosts, { ...facts, uses, now })
      .flatMap(({ place, runsPerHour, callsPerDay }) => [
        { name: 'runsPerHour' as const, value: runsPerHour, rule: `${place}.maxRunsPerHour` },
        { name: 'callsPerDay' as const, value: callsPerDay, rule: `${place}.maxCallsPerDay` },
      ]),
    { name: 'callsPerRun', value: maxApiCallsPerRun, rule: `${key}.maxApiCallsPerRun` },
    { name: 'reservePercent', value: reservePercent, rule: `${key}.reservePercent` },
  ];
  const set = found.flatMap(({ value, ...limit }) =>
    value === undefined ? [] : [{ ...limit, value }],
  );
  return [...new Map(set.map((limit) => [limit.rule, limit])).values()];
}
