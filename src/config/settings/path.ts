import { text } from '../values/basic.ts';

/** For settings that are paths. */
export const PATH = { kind: 'path', schema: text(), isPath: true } as const;
