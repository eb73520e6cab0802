import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { isMissing } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';
import { assertSafe, WRITABLE_BY_OTHERS } from '../runtime/safe-file.ts';
import { closest } from './closest.ts';
import type { Problem } from './problems.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey } from './schema.ts';

const MAX_BYTES = 1024 * 1024;

export interface FileValues {
  readonly values: ReadonlyMap<SettingKey, unknown>;
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML configuration file; an unnamed one that is not there is empty. Throws FILE_UNREADABLE,
 * and FILE_UNSAFE when others may change it; what is wrong inside is returned, to be shown with all the rest.
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
    const where =
      thrown instanceof YAMLParseError ? thrown.message.split('\n')[0]! : 'it cannot be read';
    return {
      values: new Map(),
      problems: [{ path, problem: `not valid YAML: ${where}`, remedy: '' }],
    };
  }
  return flatten(document ?? {}, path);
}

/** The text of a file that only its owner can change; undefined when it was not `named` and is not there. Throws FILE_UNREADABLE, FILE_UNSAFE. */
export function readTrusted(path: string, named: boolean): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    if (!named && isMissing(thrown)) return undefined;
    throw new RunnerError('FILE_UNREADABLE', `the configuration file ${path} cannot be read`, {
      cause: thrown,
    });
  }
  try {
    const stats = fstatSync(file);
    assertSafe(path, stats, WRITABLE_BY_OTHERS, 'anyone');
    if (stats.size > MAX_BYTES)
      throw new RunnerError('FILE_UNREADABLE', `${path} is too large for a configuration file`);
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw RunnerError.from(thrown, 'FILE_UNREADABLE');
  } finally {
    closeSync(file);
  }
}

/** From nested mappings to keys of the table. */
function flatten(document: unknown, file: string): FileValues {
  const values = new Map<SettingKey, unknown>();
  const problems: Problem[] = [];
  const visit = (node: unknown, path: string): void => {
    if (Object.hasOwn(SETTINGS, path)) {
      if (node !== null && node !== undefined) values.set(path as SettingKey, node);
    } else if (path !== '' && !SETTING_KEYS.some((key) => key.startsWith(`${path}.`))) {
      problems.push({
        path: `${path} (${file})`,
        problem: 'there is no such setting',
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

/** Suggests the whole key, or the level that is wrong. */
function hint(path: string): string {
  const levels = SETTING_KEYS.flatMap((key) =>
    key.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  );
  const near = closest(path, [...new Set(levels)]);
  return near === undefined ? 'see docs/configuration.md' : `did you mean ${near}?`;
}
