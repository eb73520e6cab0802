import type { Redactor } from '../redaction/redactor.ts';
import { jobFileSource } from './job-file-source.ts';
import { looksLikeFile } from './job-file.ts';
import { plainTextSource } from './plain-text-source.ts';
import { referenceSource } from './reference-source.ts';
import { parseReference } from './reference.ts';
import type { SecretSource } from './secret.ts';
import type { SecretSourceOptions } from './source-options.ts';

// Invariants:
// 1. The policy permits a reference, for its field, connector and every endpoint, before the
//    provider is called.
// 2. The redactor has a value before the caller does.
// 3. A reference or file that is unknown, denied or unusable is the same SECRET_UNAVAILABLE to the
//    outside. Only the local log has the difference.

/**
 * The secret fields of a connection that have a value, by dotted path. Each read checks the policy
 * and then reads the newest value, so that a rotated secret is used at the next sign-in.
 */
export function createSecretSources(
  options: SecretSourceOptions,
): ReadonlyMap<string, SecretSource> {
  const sources = new Map<string, SecretSource>();
  for (const field of options.secretFields) {
    const value = valueAt(options.connection, field);
    if (typeof value === 'string' && value !== '')
      sources.set(field, protectedSource(sourceFor(field, value, options), options.redactor));
  }
  return sources;
}

/** The value of a dotted path. */
export function valueAt(connection: Readonly<Record<string, unknown>>, field: string): unknown {
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

function sourceFor(field: string, value: string, options: SecretSourceOptions): SecretSource {
  const path = parseReference(value);
  if (path !== undefined) return referenceSource({ path, field }, options);
  const kind = options.fileFields?.[field];
  return kind !== undefined && looksLikeFile(value)
    ? jobFileSource({ field, kind, path: value }, options)
    : plainTextSource(field, value, options);
}

function protectedSource(source: SecretSource, redactor: Pick<Redactor, 'add'>): SecretSource {
  return {
    reference: source.reference,
    read: async (signal) => {
      const secret = await source.read(signal);
      redactor.add(secret.reveal());
      return secret;
    },
  };
}
