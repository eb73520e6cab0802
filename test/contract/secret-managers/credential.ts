import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file that only its owner can read, until the test ends. */
export function credentialFile(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'credential-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'credential');
  writeFileSync(path, `${content}\n`, { mode: 0o600 });
  return path;
}
