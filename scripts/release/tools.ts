import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Programs that only a release and its tests need, as Go modules with a fixed version: built once
 * into a cache directory, verified by Go's checksum database. nFPM 2.45 is the last one without a
 * module of its authors that the proxy does not serve.
 */
const TOOLS = {
  nfpm: 'github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0',
  helm: 'helm.sh/helm/v3/cmd/helm@v3.21.4',
} as const;

export type Tool = keyof typeof TOOLS;

/** The path of a tool, which is built first if it is missing. */
export function tool(name: Tool): string {
  const module = TOOLS[name];
  const cache = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'hybrid-ingestion-runner',
  );
  const path = join(cache, `${name}-${module.slice(module.lastIndexOf('@') + 1)}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    process.stderr.write(`building ${module}, once\n`);
    install(module, building);
    renameSync(join(building, name), path);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return path;
}

function install(module: string, into: string): void {
  try {
    execFileSync('go', ['install', '-trimpath', '-ldflags=-s -w', module], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, GOBIN: into, GOFLAGS: '-modcacherw', CGO_ENABLED: '0' },
    });
  } catch (thrown) {
    throw new Error(`${module} could not be built. Install Go 1.25 or later.`, { cause: thrown });
  }
}
