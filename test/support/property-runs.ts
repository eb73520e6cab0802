/** `npm test` runs each property a few times; `npm run test:seeds` multiplies the number. */
const times = Number(process.env['PROPERTY_RUNS'] ?? 1);

/** How often to run a property. */
export function runs(count: number): number {
  return Math.round(count * times);
}

/** Determines everything random in a test. The commands that choose a seed print it. */
export const seed: number = Number(process.env['TEST_SEED'] ?? 1);

/** A small generator, so that a failing case can be run again: fractions from 0 to below 1. */
export function fractions(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
