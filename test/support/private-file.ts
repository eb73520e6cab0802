import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file that only this user can read, in a directory that nobody else can change. */
export function privateFile(content: string, mode = 0o600): string {
  const directory = mkdtempSync(join(homedir(), '.runner-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'file');
  writeFileSync(file, content, { mode });
  return file;
}
