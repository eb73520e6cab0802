import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { isMissing } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { assertSafe, WRITABLE_BY_OTHERS } from '../../foundation/src/runtime/safe-file.ts';
import { closest } from './closest.ts';
import type { Problem } from './problems.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey } from './schema.ts';

const MAX_BYTES = 1024 * 1024;

export interface FileValues {
  readonly values: ReadonlyMap<SettingKey, unknown>;
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML configuration file; a missing file is empty unless it was `named`. Throws
 * FILE_UNREADABLE, and FILE_UNSAFE when others can change it. Problems of the content are returned,
 * to be shown together with all others.
 */
export function readConfigFile({
  path,
  named,
}: {
  readonly path: string;
  readonly named: boolean;
}): FileValues {
  const content = readTrusted(path, named);
  if (content === undefined) return { values: new Map(), problems: [] };
  let document: unknown;
  try {
    document = parse(content, { maxAliasCount: 20 });
  } catch (thrown) {
    const reason =
      thrown instanceof YAMLParseError ? thrown.message.split('\n')[0]! : 'it cannot be parsed';
    return {
      values: new Map(),
      problems: [{ path, problem: `invalid YAML: ${reason}`, remedy: '' }],
    };
  }
  return flatten(document ?? {}, path);
}

/**
 * The text of a file that only its owner can change; undefined for a missing file that was not
 * `named`. Throws FILE_UNREADABLE, FILE_UNSAFE.
 */
export function readTrusted(path: string, named: boolean): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    if (!named && isMissing(thrown)) return undefined;
    throw new RunnerError('FILE_UNREADABLE', `failed to read configuration file ${path}`, {
      cause: thrown,
    });
  }
  try {
    const stats = fstatSync(file);
    assertSafe(path, stats, WRITABLE_BY_OTHERS, 'anyone');
    if (stats.size > MAX_BYTES)
      throw new RunnerError(
        'FILE_UNREADABLE',
        `configuration file ${path} exceeds ${MAX_BYTES} bytes`,
      );
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw RunnerError.from(thrown, 'FILE_UNREADABLE');
  } finally {
    closeSync(file);
  }
}

/** Turns nested mappings into the keys of the table. */
function flatten(document: unknown, file: string): FileValues {
  const values = new Map<SettingKey, unknown>();
  const problems: Problem[] = [];
  const visit = (node: unknown, path: string): void => {
    if (Object.hasOwn(SETTINGS, path)) {
      if (node !== null && node !== undefined) values.set(path as SettingKey, node);
    } else if (path !== '' && !SETTING_KEYS.some((key) => key.startsWith(`${path}.`))) {
      problems.push({
        path: `${path} (${file})`,
        problem: 'unknown setting',
        remedy: hint(path),
      });
    } else if (typeof node !== 'object' || Array.isArray(node)) {
      problems.push({
        path: `${path === '' ? 'the document' : path} (${file})`,
        problem: 'must be a mapping of settings',
        remedy: '',
      });
    } else {
      for (const [name, child] of Object.entries(node ?? {}))
        visit(child, path === '' ? name : `${path}.${name}`);
    }
  };
  visit(document, '');
  return { values, problems };
}

/** Suggests a known key, or a known level of one. */
function hint(path: string): string {
  const levels = SETTING_KEYS.flatMap((key) =>
    key.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  );
  const suggestion = closest(path, [...new Set(levels)]);
  return suggestion === undefined ? 'see docs/configuration.md' : `did you mean ${suggestion}?`;
}
