import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { JOB_KINDS } from '../../foundation/src/domain/job.ts';
import { BINDINGS } from './bindings.ts';
import { parseHostRule, type HostRule } from './host-rule.ts';
import { limitsSchema, type LimitsDocument } from './limits.ts';
import { SIGNING } from './signatures/signing-rules.ts';

/** The connector of rules for the server that a sink writes to. */
export const OPENMETADATA = 'openmetadata';

const REFERENCE = /^(?:\/(?!\.)(?=[^/])[A-Za-z0-9._-]{0,64}\*?){1,8}$/;

/**
 * By default. Of one rule, a run reads one or two secrets to sign in, and a run over mutual TLS 54
 * more for its 27 connections to an org with 3,000 objects: 1,000 runs an hour, or 35 of those.
 */
const READS_PER_HOUR = 2_000;

const host = z.string().transform((text, context): HostRule => {
  const rule = parseHostRule(text);
  if (rule !== undefined) return rule;
  context.addIssue({
    code: 'custom',
    message: `"${text}" is not a host; write acme.my.salesforce.com or acme.my.salesforce.com:443`,
  });
  return z.NEVER;
});

const secretRule = z
  .strictObject({
    ref: z
      .string()
      .regex(REFERENCE, 'write /segment/segment; * stands for one segment or the end of one'),
    connector: z.string().min(1).toLowerCase(),
    fields: z.array(z.string().min(1)).min(1),
    hosts: z.array(host).min(1),
    ...BINDINGS,
    maxReadsPerHour: z.int().min(1).max(10_000).default(READS_PER_HOUR),
    maxRunsPerHour: z.int().min(1).max(10_000).optional(),
    maxCallsPerDay: z.int().min(1).max(10_000_000).optional(),
    iUnderstandWildcardHosts: z.boolean().default(false),
  })
  .refine(({ connector, maxCallsPerDay }) => connector !== OPENMETADATA || !maxCallsPerDay, {
    path: ['maxCallsPerDay'],
    message: 'limits calls to sources; calls to an OpenMetadata server are not counted',
  })
  .superRefine((rule, context) => {
    if (rule.iUnderstandWildcardHosts) return;
    for (const [index, { wildcard }] of rule.hosts.entries()) {
      if (wildcard)
        context.addIssue({
          code: 'custom',
          path: ['hosts', index],
          message:
            'a wildcard covers hosts that others own; name the exact host, or set iUnderstandWildcardHosts: true',
        });
    }
  });

/** What the policy file decides for every connector. docs/policy.md explains each key. */
const RULES = {
  version: z.literal(1, 'must be 1'),
  secrets: z.array(secretRule).default([]),
  plainTextSecrets: z.enum(['deny', 'allow']).default('deny'),
  jobs: z
    .strictObject({ kinds: z.array(z.enum(JOB_KINDS)).default([...JOB_KINDS]), ...SIGNING })
    .refine(({ signatures, keys }) => signatures !== 'required' || keys.length > 0, {
      path: ['keys'],
      message: 'must have a key, because jobs.signatures is required',
    })
    .prefault({}),
  network: z
    .strictObject({
      allowPrivateAddresses: z.boolean().default(false),
      jobCertificateAuthorities: z.enum(['deny', 'local', 'allow']).default('local'),
      allow: z
        .array(host.refine((rule) => !rule.wildcard, 'wildcards are not allowed here'))
        .default([]),
    })
    .prefault({}),
  files: z
    .strictObject({
      directory: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
    })
    .prefault({}),
};

export type PolicyRules = z.infer<z.ZodObject<typeof RULES>>;

/** A valid policy file. */
export interface PolicyDocument {
  readonly rules: PolicyRules;
  /** By policy key of a connector. */
  readonly limits: ReadonlyMap<string, LimitsDocument>;
}

/** Under this key the policy file has the limits of a connector. */
export function policyKey(connector: string): string {
  return connector.toLowerCase();
}

/** The schema of policy files, version 1, in which these connectors can have limits. */
export function policySchema(connectors: readonly string[]): z.ZodType<PolicyDocument> {
  const keys = connectors.map(policyKey);
  const limits = Object.fromEntries(keys.map((key) => [key, limitsSchema]));
  return z.strictObject({ ...RULES, ...limits }).transform((document) => {
    const byKey: Readonly<Record<string, unknown>> = document;
    return {
      rules: document,
      limits: new Map(keys.map((key) => [key, limitsSchema.parse(byKey[key])])),
    };
  });
}
