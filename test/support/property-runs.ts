/** The plain suite takes few runs of each property; `npm run test:seeds` multiplies them. */
const times = Number(process.env['PROPERTY_RUNS'] ?? 1);

/** How often to try a property. */
export function runs(count: number): number {
  return Math.round(count * times);
}

/** Names the course of events of everything random in a test; printed by the commands that choose one. */
export const seed: number = Number(process.env['TEST_SEED'] ?? 1);

/** A small generator, so that a failing case can be run again: fractions from 0 to below 1. */
export function fractions(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
