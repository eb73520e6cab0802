import type { AuthorityOrigin, Policy, SecretUse } from '../policy/policy.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { fileDenied, looksLikeFile } from './job-file.ts';
import { looksLikeReference, parseReference } from './reference.ts';

/** A part of the document that has secret fields. */
export interface SecretPlace {
  /** Its path, for example `source.serviceConnection.config`. */
  readonly at: string;
  /** Dotted paths within it. */
  readonly fields: readonly string[];
  /** Those of `fields` that can name a PEM file instead. */
  readonly fileFields?: readonly string[] | undefined;
  /** Those of `fields` with a certificate authority that the job's connections will trust. */
  readonly authorityFields?: readonly string[] | undefined;
  /** The run does not use these fields, so their values do not matter. */
  readonly unused?: boolean;
}

export interface ScanOptions {
  readonly places: readonly SecretPlace[];
  readonly policy: Pick<Policy, 'plainTextPermitted' | 'filePermitted' | 'authorityPermitted'>;
}

interface Problem {
  readonly code: ErrorCode;
  readonly text: string;
}

interface SecretField {
  readonly name: string;
  readonly place: SecretPlace;
  /** Collects the references of the place. */
  readonly uses: SecretUse[];
}

const MAX_DEPTH = 64;
const MAX_REPORTED = 20;
/** The first of these that occurs is the code of the whole error. */
const SEVERITY: readonly ErrorCode[] = [
  'JOB_INVALID',
  'SECRET_IN_PLAIN_FIELD',
  'SECRET_REFERENCE_INVALID',
  'SECRET_FILE_DENIED',
  'CA_CERTIFICATE_DENIED',
  'SECRET_IN_PLAIN_TEXT',
];

/**
 * Searches a whole workflow document and returns the references of each place. References are
 * permitted only in the secret fields of a place, as the whole value. Throws one error with all
 * problems: SECRET_IN_PLAIN_FIELD, SECRET_REFERENCE_INVALID, SECRET_FILE_DENIED,
 * CA_CERTIFICATE_DENIED, SECRET_IN_PLAIN_TEXT, or JOB_INVALID for a document nested too deeply.
 * Messages hold no values.
 */
export function scanForSecrets(
  document: unknown,
  options: ScanOptions,
): readonly (readonly SecretUse[])[] {
  const scan = new Scan(options);
  scan.visit(document, '', 0);
  if (scan.problems.length > 0) throw summaryOf(scan.problems);
  return scan.uses;
}

class Scan {
  readonly uses: readonly SecretUse[][];
  readonly problems: Problem[] = [];
  readonly #policy: ScanOptions['policy'];
  readonly #fields: ReadonlyMap<string, SecretField>;

  constructor({ places, policy }: ScanOptions) {
    this.#policy = policy;
    this.uses = places.map(() => []);
    this.#fields = new Map(
      places.flatMap((place, index) =>
        place.fields.map((name) => [
          `${place.at}.${name}`,
          { name, place, uses: this.uses[index]! },
        ]),
      ),
    );
  }

  visit(value: unknown, at: string, depth: number): void {
    if (depth > MAX_DEPTH)
      return this.#report(
        'JOB_INVALID',
        `the document is nested more than ${MAX_DEPTH} levels deep`,
      );
    if (typeof value === 'string') return this.#visitText(value, at);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      const isReference = looksLikeReference(key);
      if (isReference)
        this.#report('SECRET_IN_PLAIN_FIELD', `${at}: secret reference in the name of a field`);
      this.visit(item, join(at, isReference ? '?' : key, Array.isArray(value)), depth + 1);
    }
  }

  #visitText(text: string, at: string): void {
    const field = this.#fields.get(at);
    if (field !== undefined) this.#visitSecret(text, at, field);
    else if (parseReference(text) !== undefined || looksLikeReference(text))
      this.#report(
        'SECRET_IN_PLAIN_FIELD',
        `${at}: secret reference in a field that is not secret`,
      );
  }

  #visitSecret(text: string, at: string, { name, place, uses }: SecretField): void {
    if (place.unused === true || text === '') return;
    const path = parseReference(text);
    const canBeFile = place.fileFields?.includes(name) === true;
    const isFile = path === undefined && canBeFile && looksLikeFile(text);
    if (place.authorityFields?.includes(name) === true)
      this.#checkAuthority(path !== undefined || isFile ? 'local' : 'job', at);
    if (path !== undefined) uses.push({ path, field: name });
    else if (looksLikeReference(text))
      this.#report('SECRET_REFERENCE_INVALID', `${at}: malformed secret reference`);
    else if (isFile) this.#checkFile(text, at);
    else if (!this.#policy.plainTextPermitted().allowed)
      this.#report(
        'SECRET_IN_PLAIN_TEXT',
        `${at}: secret in plain text, which the local policy does not permit`,
      );
  }

  #checkAuthority(origin: AuthorityOrigin, at: string): void {
    if (!this.#policy.authorityPermitted(origin).allowed)
      this.#report(
        'CA_CERTIFICATE_DENIED',
        `${at}: CA certificate of a job, which the local policy does not trust`,
      );
  }

  #checkFile(path: string, at: string): void {
    const decision = this.#policy.filePermitted(path);
    if (!decision.allowed) this.#report('SECRET_FILE_DENIED', fileDenied(at, decision).message);
  }

  #report(code: ErrorCode, text: string): void {
    this.problems.push({ code, text });
  }
}

/** A key with a dot in it is quoted, so that it cannot pass for the path of a secret field. */
function join(at: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${at}[${key}]`;
  const name = /^[A-Za-z0-9_$-]+$/.test(key) ? key : JSON.stringify(key.slice(0, 40));
  return at === '' ? name : `${at}.${name}`;
}

function summaryOf(problems: readonly Problem[]): RunnerError {
  const code = SEVERITY.find((candidate) =>
    problems.some((problem) => problem.code === candidate),
  )!;
  const shown = problems.slice(0, MAX_REPORTED).map(({ text }) => text);
  const more = problems.length > MAX_REPORTED ? [`and ${problems.length - MAX_REPORTED} more`] : [];
  return new RunnerError(code, [...shown, ...more].join('; '));
}
