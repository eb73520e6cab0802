import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { withoutByteOrderMark } from '../byte-order-mark.ts';
import { formatReference, type SecretPath } from '../reference.ts';
import { Secret } from '../secret.ts';
import type { ValueVersions } from '../value-versions.ts';
import type { StoredSecret, StoredText } from './manager-kind.ts';

const MAX_BYTES = 64 * 1024;
/** Of a manager's version, which is shown, and compared with others. */
const MAX_VERSION_LENGTH = 200;

/** A reference below a mount, taken apart by the one rule of the mount. */
export interface StoredName {
  readonly name: SecretPath;
  /** The key within the secret; undefined if the secret is the value. */
  readonly key: string | undefined;
}

/** Throws SECRET_UNAVAILABLE for a path without a key where one is needed. */
export function storedName(path: SecretPath, hasKeys: boolean): StoredName {
  if (!hasKeys) return { name: path, key: undefined };
  if (path.length < 2)
    throw new RunnerError(
      'SECRET_UNAVAILABLE',
      `${formatReference(path)} below the mount has one segment; it needs the name of a secret and one of its keys`,
    );
  return { name: path.slice(0, -1), key: path.at(-1) };
}

/**
 * The value of a stored secret. Undefined if it is empty. SECRET_VALUE_UNUSABLE if the key is
 * missing, or the value is not UTF-8 text of at most 64 KiB.
 */
export async function secretIn(
  { content, version }: StoredSecret,
  { name, key }: StoredName,
  versions: ValueVersions,
): Promise<Secret | undefined> {
  if ((version ?? '').length > MAX_VERSION_LENGTH)
    throw unusable(
      `the version of ${name.join('/')} is longer than ${MAX_VERSION_LENGTH} characters`,
    );
  const value = decode(textOf(content, key), name);
  return value === '' ? undefined : new Secret(value, version ?? (await versions.of(value)));
}

function textOf(content: StoredSecret['content'], key: string | undefined): StoredText {
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  if (key === undefined) {
    if (isText) return content;
    throw new RunnerError('INTERNAL', 'a secret with keys was read without one');
  }
  const value = isText ? entriesOf(content).get(key) : content.get(key);
  if (value !== undefined) return value;
  throw unusable(`the secret has no key ${key}, or no text there`);
}

/** The texts of a JSON object. No message quotes the document. */
function entriesOf(stored: StoredText): ReadonlyMap<string, StoredText> {
  let document: unknown;
  try {
    document = JSON.parse(utf8(stored));
  } catch {
    throw unusable('the secret is not JSON, which format: json of the mount requires');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw unusable('the secret is not a JSON object, which format: json of the mount requires');
  return new Map(
    Object.entries(document).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function decode(stored: StoredText, name: SecretPath): string {
  if (Buffer.byteLength(stored) > MAX_BYTES)
    throw unusable(`the value in ${name.join('/')} is larger than ${MAX_BYTES} bytes`);
  try {
    return withoutByteOrderMark(utf8(stored));
  } catch {
    throw unusable(`the value in ${name.join('/')} is not UTF-8 text`);
  }
}

function utf8(stored: StoredText): string {
  if (typeof stored === 'string') return stored;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stored);
}

function unusable(message: string): RunnerError {
  return new RunnerError('SECRET_VALUE_UNUSABLE', message);
}
