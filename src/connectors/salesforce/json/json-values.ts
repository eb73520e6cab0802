import { RunnerError } from '../errors/errors.ts';

/**
 * Readers for members of a response. Describe results are most of what a run reads, with some forty
 * fields an object and thirty members a field, and these readers take a tenth of the time of a
 * schema. A member that is missing or null has the value that Salesforce means by its absence; one
 * of another type throws SALESFORCE_UNEXPECTED with its name.
 */

/** Members of a JSON object, of unknown types. */
export type Members<Name extends string> = { readonly [Member in Name]?: unknown };

export function object(value: unknown, what: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unexpected(what, 'an object');
  return value;
}

/** A text that must not be missing or empty. */
export function name(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '') throw unexpected(member, 'a non-empty string');
  return value;
}

export function text(value: unknown, member: string): string {
  return optionalText(value, member) ?? '';
}

export function optionalText(value: unknown, member: string): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return undefined;
  throw unexpected(member, 'a string');
}

export function flag(value: unknown, member: string, absent = false): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) return absent;
  throw unexpected(member, 'a boolean');
}

export function integer(value: unknown, member: string): number {
  if (value === null || value === undefined) return 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw unexpected(member, 'an integer');
  return value;
}

/** A length or another number that is never negative. */
export function size(value: unknown, member: string): number {
  const read = integer(value, member);
  if (read < 0) throw unexpected(member, 'a non-negative integer');
  return read;
}

export function list<T>(
  value: unknown,
  member: string,
  element: (value: unknown) => T,
): readonly T[] {
  if (value === null || value === undefined) return EMPTY;
  if (!Array.isArray(value)) throw unexpected(member, 'an array');
  return value.length === 0 ? EMPTY : value.map(element);
}

/** Shared, because most lists of a describe result are empty. */
const EMPTY: readonly never[] = [];

function unexpected(member: string, wanted: string): RunnerError {
  return new RunnerError(
    'SALESFORCE_UNEXPECTED',
    `unexpected response format: ${member} is not ${wanted}`,
  );
}
