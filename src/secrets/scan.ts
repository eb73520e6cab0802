import { RunnerError } from '../runtime/errors.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import type { Policy, SecretUse } from '../policy/policy.ts';
import { fileDenied, looksLikeFile } from './job-file.ts';
import { looksLikeReference, parseReference } from './reference.ts';

/** A part of the document that has secret fields. */
export interface SecretPlace {
  /** Where it stands, for example `source.serviceConnection.config`. */
  readonly at: string;
  /** Dotted paths within it. */
  readonly fields: readonly string[];
  /** Those of `fields` that may name a file instead. */
  readonly fileFields?: readonly string[] | undefined;
  /** Nothing will use these fields, so it does not matter what is in them. */
  readonly unused?: boolean;
}

export interface ScanOptions {
  readonly places: readonly SecretPlace[];
  readonly policy: Pick<Policy, 'plainTextPermitted' | 'filePermitted'>;
}

interface Problem {
  readonly code: ErrorCode;
  readonly text: string;
}

const MAX_DEPTH = 64;
const MAX_REPORTED = 20;
/** The worst kind gives the whole error its code. */
const SEVERITY: readonly ErrorCode[] = [
  'JOB_INVALID',
  'SECRET_IN_PLAIN_FIELD',
  'SECRET_REFERENCE_INVALID',
  'SECRET_FILE_DENIED',
  'SECRET_IN_PLAIN_TEXT',
];

/**
 * Walks a whole workflow document and gives the secrets it uses, for each place. References may stand only in the secret
 * fields of a place, as the whole value. Throws one error with all problems: SECRET_IN_PLAIN_FIELD, SECRET_REFERENCE_INVALID,
 * SECRET_FILE_DENIED, SECRET_IN_PLAIN_TEXT, or JOB_INVALID for a document nested too deep. Values are never in the message.
 */
export function scanForSecrets(
  document: unknown,
  options: ScanOptions,
): readonly (readonly SecretUse[])[] {
  const uses = options.places.map((): SecretUse[] => []);
  const problems: Problem[] = [];
  const secretAt = new Map<
    string,
    {
      readonly field: string;
      readonly place: number;
      readonly unused: boolean;
      readonly mayBeFile: boolean;
    }
  >(
    options.places.flatMap(({ at, fields, fileFields = [], unused = false }, place) =>
      fields.map((field) => [
        `${at}.${field}`,
        { field, place, unused, mayBeFile: fileFields.includes(field) },
      ]),
    ),
  );
  const plainText = options.policy.plainTextPermitted();

  const visitText = (text: string, at: string): void => {
    const secret = secretAt.get(at);
    const path = parseReference(text);
    if (secret?.unused === true) return;
    if (secret === undefined) {
      if (path !== undefined || looksLikeReference(text))
        problems.push({
          code: 'SECRET_IN_PLAIN_FIELD',
          text: `${at}: a secret reference stands in a field that is not secret`,
        });
    } else if (path !== undefined) uses[secret.place]!.push({ path, field: secret.field });
    else if (looksLikeReference(text))
      problems.push({
        code: 'SECRET_REFERENCE_INVALID',
        text: `${at}: the secret reference has the wrong form`,
      });
    else if (secret.mayBeFile && looksLikeFile(text)) {
      const decision = options.policy.filePermitted(text);
      if (!decision.allowed)
        problems.push({ code: 'SECRET_FILE_DENIED', text: fileDenied(at, decision).message });
    } else if (text !== '' && !plainText.allowed)
      problems.push({
        code: 'SECRET_IN_PLAIN_TEXT',
        text: `${at}: a secret in plain text, and the local policy forbids that`,
      });
  };
  const visit = (value: unknown, at: string, depth: number): void => {
    if (depth > MAX_DEPTH)
      return void problems.push({
        code: 'JOB_INVALID',
        text: `the document is nested more than ${MAX_DEPTH} levels deep`,
      });
    if (typeof value === 'string') return visitText(value, at);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      const isReference = looksLikeReference(key);
      if (isReference)
        problems.push({
          code: 'SECRET_IN_PLAIN_FIELD',
          text: `${at}: a secret reference stands in the name of a field`,
        });
      visit(item, join(at, isReference ? '?' : key, Array.isArray(value)), depth + 1);
    }
  };
  visit(document, '', 0);
  if (problems.length > 0) throw summary(problems);
  return uses;
}

/** A key with a dot in it is put in quotes, so that it cannot pass for a path to a secret field. */
function join(at: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${at}[${key}]`;
  const name = /^[A-Za-z0-9_$-]+$/.test(key) ? key : JSON.stringify(key.slice(0, 40));
  return at === '' ? name : `${at}.${name}`;
}

function summary(problems: readonly Problem[]): RunnerError {
  const code = SEVERITY.find((candidate) =>
    problems.some((problem) => problem.code === candidate),
  )!;
  const shown = problems.slice(0, MAX_REPORTED).map(({ text }) => text);
  const more = problems.length > MAX_REPORTED ? [`and ${problems.length - MAX_REPORTED} more`] : [];
  return new RunnerError(code, [...shown, ...more].join('; '));
}
