/**
 * CPU seconds of `work` in this process. Other load on the machine hardly matters, so a bound far
 * above linear and far below quadratic work holds on any machine.
 */
export function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
