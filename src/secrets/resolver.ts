import type { Endpoint } from '../network/endpoint.ts';
import { formatEndpoint } from '../network/endpoint.ts';
import type { Logger } from '../observability/logger.ts';
import type { Policy, SecretUse } from '../policy/policy.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import type { SecretProvider } from './provider.ts';
import { looksLikeFile, readNamedFile } from './job-file.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { formatReference, parseReference } from './reference.ts';
import { Secret, type SecretSource } from './secret.ts';
import { versionOf } from './value-version.ts';

export interface SecretSourceOptions {
  readonly connection: Readonly<Record<string, unknown>>;
  readonly secretFields: readonly string[];
  /** Those of `secretFields` that may name a file instead. */
  readonly fileFields?: readonly string[] | undefined;
  readonly connector: string;
  /** Every endpoint the connection makes the connector sign in to. */
  readonly endpoints: readonly Endpoint[];
  readonly policy: Policy;
  readonly provider: SecretProvider;
  /** Where `provider` reads secrets from files; no file that a job names may lie there. */
  readonly secretsDirectory: string | undefined;
  readonly redactor: Pick<Redactor, 'add'>;
  /** The local log. What it is told is not for the control plane. */
  readonly audit: Logger;
}

/**
 * The secret fields of a connection that hold something, by dotted path. Each read asks the policy (reference, field,
 * connector, every endpoint), then the provider, anew, so that a rotated secret is used at the next sign-in; each
 * value goes to the redactor before anyone else has it. Unknown and denied references, and values that are not text,
 * are one and the same SECRET_UNAVAILABLE to the outside; the local log knows which.
 */
export function createSecretSources(
  options: SecretSourceOptions,
): ReadonlyMap<string, SecretSource> {
  const sources = new Map<string, SecretSource>();
  for (const field of options.secretFields) {
    const value = valueAt(options.connection, field);
    if (typeof value === 'string' && value !== '')
      sources.set(field, createSource(field, value, options));
  }
  return sources;
}

function valueAt(connection: Readonly<Record<string, unknown>>, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      connection,
    );
}

function createSource(field: string, value: string, options: SecretSourceOptions): SecretSource {
  const path = parseReference(value);
  if (path === undefined)
    return (options.fileFields ?? []).includes(field) && looksLikeFile(value)
      ? namedFile(field, value, options)
      : plainText(field, value, options);
  const reference = formatReference(path);
  return {
    reference,
    read: (signal) => readReference({ path, field }, reference, options, signal),
  };
}

function plainText(
  field: string,
  given: string,
  { policy, redactor, audit }: SecretSourceOptions,
): SecretSource {
  const value = given.replace(/^\ufeff/, '');
  redactor.add(value);
  return {
    reference: undefined,
    read: async () => {
      const decision = policy.plainTextPermitted();
      if (decision.allowed) return new Secret(value, versionOf(value));
      audit.log('warn', 'a secret in plain text was not used', {
        event: 'audit',
        decision: 'deny',
        field,
        rule: decision.rule,
      });
      throw unavailable(field);
    },
  };
}

function namedFile(
  field: string,
  path: string,
  { policy, secretsDirectory, redactor, audit }: SecretSourceOptions,
): SecretSource {
  return {
    reference: undefined,
    read: async (signal) => {
      const facts = { event: 'audit', file: path, field };
      const secret = await readNamedFile({ path, field, policy, secretsDirectory }, signal).catch(
        (thrown: unknown) => {
          if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
          const error = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
          audit.log('warn', 'a file that a job names was not read', {
            ...facts,
            decision: 'deny',
            code: error.code,
            reason: error.message,
          });
          throw error.code === 'SECRET_FILE_DENIED' ? error : unavailable(field);
        },
      );
      if (secret === undefined) {
        audit.log('warn', 'a file that a job names is not there, or empty', {
          ...facts,
          decision: 'allow',
        });
        throw unavailable(field);
      }
      redactor.add(secret.reveal());
      audit.log('info', 'a file that a job names was read', { ...facts, decision: 'allow' });
      return secret;
    },
  };
}

async function readReference(
  use: SecretUse,
  reference: string,
  options: SecretSourceOptions,
  signal: AbortSignal,
): Promise<Secret> {
  const { policy, connector, endpoints, provider, redactor, audit } = options;
  const facts = {
    event: 'audit',
    reference,
    field: use.field,
    connector,
    hosts: endpoints.map(formatEndpoint),
  };
  const decision = policy.secretPermitted({ ...use, connector, hosts: endpoints });
  if (!decision.allowed) {
    audit.log('warn', 'a secret was denied', {
      ...facts,
      decision: 'deny',
      rule: decision.rule,
      reason: decision.reason,
    });
    throw unavailable(use.field);
  }
  const secret = await ask(provider, use, facts, audit, signal);
  if (secret === undefined) {
    audit.log('warn', 'a secret is unknown', {
      ...facts,
      decision: 'allow',
      rule: decision.rule,
      reason: 'no provider has it',
    });
    throw unavailable(use.field);
  }
  redactor.add(secret.reveal());
  audit.log('info', 'a secret was read', { ...facts, decision: 'allow', rule: decision.rule });
  return secret;
}

/** Troubles of a provider as a whole, which are the same for every reference, so that nothing is learned about one. */
const OUTWARD: Partial<Record<ErrorCode, string>> = {
  SECRET_PROVIDER_FAILED: 'the secret provider did not answer as it should',
  VAULT_LOCKED: 'the vault of this runner is locked',
  VAULT_DAMAGED: 'the vault of this runner is damaged',
};

async function ask(
  provider: SecretProvider,
  use: SecretUse,
  facts: Readonly<Record<string, unknown>>,
  audit: Logger,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  try {
    return await provider.read(use.path, signal);
  } catch (thrown) {
    if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
    const error = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
    audit.log('error', 'a secret could not be read', {
      ...facts,
      code: error.code,
      reason: error.message,
    });
    const message = OUTWARD[error.code];
    throw message === undefined
      ? unavailable(use.field)
      : new RunnerError(error.code, message, { cause: thrown });
  }
}

function unavailable(field: string): RunnerError {
  return new RunnerError('SECRET_UNAVAILABLE', `the secret for ${field} could not be had`);
}
