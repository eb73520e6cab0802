import { utimesSync, writeFileSync } from 'node:fs';

const LONG_AGO = new Date('2026-01-01T00:00:00Z');

/** Makes a policy file one that was written long ago, for which no job waits. */
export function settle(file: string): void {
  utimesSync(file, LONG_AGO, LONG_AGO);
}

/** JSON is valid YAML. */
export function writeSettledPolicy(file: string, policy: object): void {
  writeFileSync(file, JSON.stringify(policy), { mode: 0o600 });
  settle(file);
}
