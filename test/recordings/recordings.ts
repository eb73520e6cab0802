import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Answers of real orgs, where a copy is at hand: in the folder named by RECORDINGS_DIR, or in
 * `../shared/recordings` beside this checkout. Nothing of them is kept here; snapshots hold counts
 * and types alone.
 */
const root = resolve(
  process.env['RECORDINGS_DIR'] ?? join(import.meta.dirname, '../../../shared/recordings'),
);

export const recordingsPresent = existsSync(join(root, 'describe/Account.json'));

export function recording(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as unknown;
}

export function recordedText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
