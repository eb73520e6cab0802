import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { parseEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { parseHostRule } from '../host-rule.ts';
import type { Policy } from '../policy.ts';

/*
 * What a control plane has asked for and the policy has denied, as rules that would permit exactly
 * that. Everything in a denial was chosen by the control plane: it is a request, and a person
 * decides. A proposal binds all that was asked, so that its id stands for one rule only.
 */

const MAX_PROPOSALS = 50;

/** Circumstances and counts, which a wider rule should not answer. */
const NOT_PROPOSED = /\.(?:times|maxReadsPerHour|organizations)$/;

const reference = z.string().regex(/^secret:(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){1,8}$/);
const host = z.string().refine((text) => parseHostRule(text)?.wildcard === false);
const text = z.string().min(1).max(200);

const denialSchema = z.object({
  event: z.literal('secret'),
  decision: z.literal('deny'),
  rule: z.string().refine((rule) => !NOT_PROPOSED.test(rule)),
  reference,
  field: text.regex(/^[\w.]+$/),
  connector: text.regex(/^\w+$/).toLowerCase(),
  kind: z.enum(JOB_KINDS),
  hosts: z.array(host).min(1).max(10),
  user: text.optional(),
  client: text.optional(),
  audience: text.optional(),
  time: z.iso.datetime(),
});
type Denial = z.infer<typeof denialSchema>;

/** A rule for `secrets` of the policy file. */
export interface ProposedRule {
  readonly ref: string;
  readonly connector: string;
  readonly fields: readonly string[];
  readonly hosts: readonly string[];
  readonly users?: readonly string[];
  readonly clients?: readonly string[];
  readonly audiences?: readonly string[];
  readonly kinds: readonly string[];
}

export interface Proposal {
  /** Of the rule: another rule has another id. */
  readonly id: string;
  readonly rule: ProposedRule;
  /**
   * Of `users`, `clients` and `audiences`: what the jobs did not name, so that any is permitted.
   */
  readonly unbound: readonly string[];
  /** How often it was denied. */
  readonly denials: number;
  readonly last: string;
}

/** The rules for what was denied in `events`, and is still denied; most recent first. */
export function proposalsFrom(events: readonly unknown[], policy: Policy): readonly Proposal[] {
  const denials = events.flatMap((event) => denialSchema.safeParse(event).data ?? []);
  const open = denials.filter((denial) => !isPermittedSometime(denial, policy));
  return sameSubject(open)
    .flatMap(sameFields)
    .map(proposalOf)
    .toSorted((a, b) => b.last.localeCompare(a.last))
    .slice(0, MAX_PROPOSALS);
}

/** By a rule for other times or organizations too: somebody has set these limits. */
function isPermittedSometime(denial: Denial, policy: Policy): boolean {
  const { field, connector, kind, user, client, audience } = denial;
  const path = denial.reference.slice('secret:/'.length).split('/');
  const hosts = denial.hosts.map((each) => parseEndpoint(each));
  const account = { user, client, audience };
  return policy.secretPermitted({ path, field, connector, kind, account, hosts, now: undefined })
    .allowed;
}

function sameSubject(denials: readonly Denial[]): Denial[][] {
  return groupBy(denials, ({ reference, connector, hosts, user, client, audience }) =>
    canonicalJson([
      reference,
      connector,
      hosts.toSorted(),
      user ?? '',
      client ?? '',
      audience ?? '',
    ]),
  );
}

/** Kinds of jobs share a rule if they need the same fields: a rule permits each with each. */
function sameFields(denials: readonly Denial[]): Denial[][] {
  const fieldsOf = (kind: string): string =>
    distinct(denials.filter((each) => each.kind === kind).map(({ field }) => field)).join(' ');
  return groupBy(denials, ({ kind }) => fieldsOf(kind));
}

function groupBy(denials: readonly Denial[], keyOf: (denial: Denial) => string): Denial[][] {
  return [...Map.groupBy(denials, keyOf).values()];
}

function proposalOf(denials: readonly Denial[]): Proposal {
  const { reference: ref, connector, hosts, user, client, audience } = denials[0]!;
  const rule: ProposedRule = {
    ref: ref.slice('secret:'.length),
    connector,
    fields: distinct(denials.map(({ field }) => field)),
    hosts: distinct(hosts.map((each) => each.replace(/:443$/, ''))),
    ...(user === undefined ? {} : { users: [user] }),
    ...(client === undefined ? {} : { clients: [client] }),
    ...(audience === undefined ? {} : { audiences: [audience] }),
    kinds: distinct(denials.map(({ kind }) => kind)),
  };
  // Not shortened: the control plane chooses parts of the rule, and could find another one with the
  // same beginning.
  const id = createHash('sha256').update(canonicalJson(rule)).digest('hex');
  const unbound = Object.entries({ users: user, clients: client, audiences: audience })
    .filter(([, value]) => value === undefined)
    .map(([key]) => key);
  return { id, rule, unbound, denials: denials.length, last: denials.at(-1)!.time };
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted();
}
