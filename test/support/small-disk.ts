/** Whether a small file system of a test's own can be mounted here; says so where not. */
export function canMount(test: string): boolean {
  const can = process.platform === 'linux' && process.getuid?.() === 0;
  if (!can)
    process.stderr.write(`${test}: skipped, because mounting a small tmpfs needs root on Linux\n`);
  return can;
}
