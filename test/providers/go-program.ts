import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a proof needs and this machine does not have, in words for people. */
export type Missing = { readonly missing: string };

/**
 * The path of a program of this folder, such as `vault-server`: a Go module with its go.mod, built
 * once into a cache outside of the repository. Go's checksum database verifies what it downloads.
 */
export function goProgram(name: string): { readonly path: string } | Missing {
  const source = join(import.meta.dirname, name);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'main.go']) hash.update(readFileSync(join(source, file)));
  const cache = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'hybrid-ingestion-runner',
  );
  const path = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return { path };
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    cpSync(source, building, { recursive: true });
    process.stderr.write(`building ${name}, once\n`);
    go(building, 'mod', 'tidy');
    go(building, 'build', '-trimpath', '-ldflags=-s -w', '-o', 'program', '.');
    renameSync(join(building, 'program'), path);
    return { path };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0] : 'unknown reason';
    return { missing: `Go 1.25 and its module proxy, to build ${name}: ${reason}` };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

function go(directory: string, ...args: readonly string[]): void {
  execFileSync('go', args, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, GOFLAGS: '-modcacherw -mod=mod', CGO_ENABLED: '0' },
  });
}
