import { RunnerError } from '../errors/errors.ts';

/**
 * Members of an answer by their kind. Describes are the bulk of what a run reads, some forty fields an object with some
 * thirty members each, and these take a tenth of the time of a schema. A member that is missing or null has the value
 * that Salesforce means by it; one of another kind throws SALESFORCE_UNEXPECTED with its name.
 */

/** Members of a JSON object, each of which may be anything. */
export type Members<Name extends string> = { readonly [Member in Name]?: unknown };

export function object(value: unknown, what: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unexpected(what, 'an object');
  return value;
}

/** Text that must be there. */
export function name(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '') throw unexpected(member, 'a name');
  return value;
}

export function text(value: unknown, member: string): string {
  return optionalText(value, member) ?? '';
}

export function optionalText(value: unknown, member: string): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return undefined;
  throw unexpected(member, 'text');
}

export function flag(value: unknown, member: string, otherwise = false): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) return otherwise;
  throw unexpected(member, 'true or false');
}

export function integer(value: unknown, member: string): number {
  if (value === null || value === undefined) return 0;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw unexpected(member, 'a whole number');
  return value;
}

/** A length or another number that cannot be below zero. */
export function size(value: unknown, member: string): number {
  const read = integer(value, member);
  if (read < 0) throw unexpected(member, 'a number of zero or more');
  return read;
}

export function list<T>(
  value: unknown,
  member: string,
  element: (value: unknown) => T,
): readonly T[] {
  if (value === null || value === undefined) return NOTHING;
  if (!Array.isArray(value)) throw unexpected(member, 'a list');
  return value.length === 0 ? NOTHING : value.map(element);
}

const NOTHING: readonly never[] = [];

function unexpected(member: string, wanted: string): RunnerError {
  return new RunnerError(
    'SALESFORCE_UNEXPECTED',
    `an answer has an unknown form: ${member} is not ${wanted}`,
  );
}
