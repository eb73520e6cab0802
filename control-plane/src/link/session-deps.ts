import type { Deps } from '../deps.ts';
import type { SharedCredit } from './credit.ts';
import type { Delivery } from './delivery.ts';
import type { LeaseRenewals } from './lease-renewals.ts';
import type { Registry } from './registry.ts';

/** What the sessions of a control plane share. */
export interface SessionDeps extends Deps {
  readonly registry: Registry;
  readonly delivery: Delivery;
  readonly renewals: LeaseRenewals;
  readonly sharedCredit: SharedCredit;
  /** host:port in lower case, as runners may dial it. */
  readonly authorities: ReadonlySet<string>;
}
