/** A secret of several lines, as a private key is. */
export const PLANTED_LINES = [
  '-----BEGIN PLANTED KEY-----',
  'canary/Zm9vYmFy+QUJD',
  'canary/c2Vjb25kIGxpbmU',
  '-----END PLANTED KEY-----',
] as const;
export const PLANTED_SECRET = `${PLANTED_LINES.join('\n')}\n`;

/** What the worker of `stray-program.ts` does with it. */
export type StrayBehavior =
  | 'print before it is known'
  | 'print when it is known'
  | 'print in pieces'
  | 'print a long line'
  | 'print too much'
  | 'warn'
  | 'throw'
  | 'write to the descriptor'
  | 'run out of memory'
  | 'abort'
  | 'print something harmless';
