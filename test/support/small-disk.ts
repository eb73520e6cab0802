/** Whether a test can mount a small file system here. Prints the reason if it cannot. */
export function canMount(test: string): boolean {
  const can = process.platform === 'linux' && process.getuid?.() === 0;
  if (!can)
    process.stderr.write(`${test}: skipped, because mounting a small tmpfs needs root on Linux\n`);
  return can;
}
