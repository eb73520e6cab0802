import { z } from 'zod';
import type { Account } from '../../foundation/src/domain/account.ts';
import { JOB_KINDS, type JobKind } from '../../foundation/src/domain/job.ts';
import { isInside, timeWindowSchema } from './time-window.ts';

// Invariant: a binding that is in the file and that a job does not answer denies the secret. What
// is not known yet, the organization before the sign-in, is decided once it is known; connectors
// that report no account never know it, so for them the binding denies.

const texts = z.array(z.string().min(1)).min(1).optional();

/** What a secret rule may bind beyond connector, field and host. An absent key binds nothing. */
export const BINDINGS = {
  organizations: texts,
  users: texts,
  clients: texts,
  audiences: texts,
  kinds: z.array(z.enum(JOB_KINDS)).min(1).optional(),
  times: z.array(timeWindowSchema).min(1).optional(),
};

export type Bindings = z.infer<z.ZodObject<typeof BINDINGS>>;

export interface Circumstances {
  readonly kind?: JobKind | undefined;
  readonly account?: Account | undefined;
  /** When the secret is read. Undefined where the question is about a host, at any time. */
  readonly now?: number | undefined;
}

export interface Unmet {
  readonly key: keyof Bindings;
  readonly reason: string;
}

/** The first binding that does not permit these circumstances. */
export function unmetBinding(
  rule: Bindings,
  { kind, account, now }: Circumstances,
): Unmet | undefined {
  const { user, client, audience } = account ?? {};
  if (rule.kinds?.includes(kind as JobKind) === false)
    return { key: 'kinds', reason: 'the kind of the job is not listed' };
  if (!lists(rule.users, user)) return { key: 'users', reason: 'the user name is not listed' };
  if (!lists(rule.clients, client))
    return { key: 'clients', reason: 'the client or consumer key is not listed' };
  if (!lists(rule.audiences, audience))
    return { key: 'audiences', reason: 'the audience of the assertion is not listed' };
  if (!permitsOrganization(rule.organizations, account))
    return { key: 'organizations', reason: 'the organization is not listed' };
  if (now !== undefined && rule.times?.some((window) => isInside(window, now)) === false)
    return { key: 'times', reason: 'it is outside the listed times' };
  return undefined;
}

function permitsOrganization(
  listed: readonly string[] | undefined,
  account: Account | undefined,
): boolean {
  if (listed === undefined) return true;
  if (account === undefined) return false;
  const { organization } = account;
  return organization === undefined || organization.some((id) => listed.includes(id));
}

function lists(listed: readonly string[] | undefined, value: string | undefined): boolean {
  return listed === undefined || (value !== undefined && listed.includes(value));
}
