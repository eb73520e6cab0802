import { writeFileSync } from 'node:fs';

/**
 * Keeps memory, and with it secrets, out of core dumps of this process and of its future children,
 * regardless of `ulimit -c` and `core_pattern`: core(5), "Controlling which mappings are written to
 * the core dump". Linux only.
 */
export function excludeMemoryFromCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Not Linux, or no /proc.
  }
}
