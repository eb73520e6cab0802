import { setFlagsFromString } from 'node:v8';

// Imported before everything else: without this, loading the program grows the young generation to
// 16 MB or more, which stay while a few are in use.
setFlagsFromString('--semi-space-growth-factor=1');

/** The young generation may grow from now on, when there is work that needs it. */
export function allowGrowth(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
