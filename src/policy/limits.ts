import { z } from 'zod';

/** `local`: permitted for runs started on this machine, denied for runs of a control plane. */
export type Reach = 'deny' | 'local' | 'allow';

/** How much of a source the runs of one connector may use. */
export interface Limits {
  /** Share of the source's daily API calls that runs never use, in percent. */
  readonly reservePercent: number;
  /** Whether names, types and descriptions may be extracted at all. */
  readonly metadata: Reach;
  /** Whether numbers of rows may be read; without them there are no profiles either. */
  readonly counts: Reach;
  /** Whether rows of data may be read. */
  readonly sampleRows: boolean;
  /** Whether the text of code may be read. */
  readonly codeText: Reach;
  /** Whether columns may be profiled: counts, ranges and common values of fields. */
  readonly profile: Reach;
  /** Whether names and e-mail addresses of business owners may be read. */
  readonly owners: Reach;
  readonly maxApiCallsPerRun: number | undefined;
}

const reach = z.enum(['deny', 'local', 'allow']);
const local = reach.default('local');

/** The limits of one connector in the policy file. */
export const limitsSchema = z
  .strictObject({
    reservePercent: z.number().min(0).max(100).default(20),
    metadata: reach.default('allow'),
    counts: reach.default('allow'),
    sampleRows: z.enum(['deny', 'allow']).default('deny'),
    codeText: local,
    profile: local,
    owners: local,
    maxApiCallsPerRun: z.number().int().min(1).optional(),
  })
  .prefault({});

/** Limits as written in the policy file. */
export type LimitsDocument = z.infer<typeof limitsSchema>;

export function compileLimits({ sampleRows, ...limits }: LimitsDocument): Limits {
  return {
    ...limits,
    sampleRows: sampleRows === 'allow',
    maxApiCallsPerRun: limits.maxApiCallsPerRun,
  };
}

/** For connectors that the policy cannot set limits for. */
export const NOTHING_PERMITTED: Limits = {
  reservePercent: 100,
  metadata: 'deny',
  counts: 'deny',
  sampleRows: false,
  codeText: 'deny',
  profile: 'deny',
  owners: 'deny',
  maxApiCallsPerRun: undefined,
};
