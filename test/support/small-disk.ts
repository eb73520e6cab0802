import { execFileSync } from 'node:child_process';

/** Whether a test can mount a small file system here. Prints the reason if it cannot. */
export function canMount(test: string): boolean {
  const can = process.platform === 'linux' && process.getuid?.() === 0;
  if (!can)
    process.stderr.write(`${test}: skipped, because mounting a small tmpfs needs root on Linux\n`);
  return can;
}

/** Makes a directory read-only, for root too; returns how to end that. */
export function mountReadOnly(directory: string): () => void {
  execFileSync('mount', ['--bind', directory, directory]);
  execFileSync('mount', ['-o', 'remount,bind,ro', directory]);
  return () => void execFileSync('umount', [directory]);
}
