/**
 * Seconds of processor that `work` takes this process. What others do on the machine hardly counts, so that a bound far
 * above what linear work needs, and far below what quadratic work does, holds anywhere.
 */
export function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
