import { writeFileSync } from 'node:fs';

/**
 * Keeps memory, and with it secrets, out of core dumps of this process and of every process it starts from now on,
 * whatever `ulimit -c` and `core_pattern` say: core(5), "Controlling which mappings are written to the core dump". Has no
 * effect where there is no such file, as on other systems than Linux.
 */
export function excludeMemoryFromCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Not Linux, or no /proc.
  }
}
