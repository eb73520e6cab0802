import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../foundation/src/logging/metrics.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { JobFacts, Policy } from '../policy/policy.ts';
import type { SecretDirectory } from '../policy/secret-directory.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { ReadLimits } from './read-limits.ts';
import type { PemKind } from './pem.ts';
import type { SecretProvider } from './provider.ts';
import type { ValueVersions } from './value-versions.ts';

export interface SecretSourceOptions extends JobFacts {
  readonly connection: Readonly<Record<string, unknown>>;
  readonly secretFields: readonly string[];
  /** Those of `secretFields` that can name a PEM file instead. */
  readonly fileFields?: Readonly<Record<string, PemKind>> | undefined;
  /** Every endpoint that the connector signs in to with this connection. */
  readonly endpoints: readonly Endpoint[];
  readonly policy: Policy;
  readonly provider: SecretProvider;
  /** Where `provider` reads secrets from files; a job cannot name a file in them. */
  readonly secretDirectories: readonly SecretDirectory[];
  /** For rules that permit a secret at certain times. */
  readonly clock: Pick<Clock, 'now'>;
  readonly readLimits: ReadLimits;
  /** Has every use and every denial before it has an effect. */
  readonly trail: AuditTrail;
  readonly redactor: Pick<Redactor, 'add'>;
  /** Of values in plain text. */
  readonly versions: ValueVersions;
  /** The local log. Its lines are not for the control plane. */
  readonly audit: Logger;
  readonly metrics?: Metrics | undefined;
}
