import { get } from './api.js';

let loaded;

/** Job kinds and their titles, from the API: a map in display order. Loaded once. */
export async function jobKinds() {
  loaded ??= get('/job-kinds').then(
    ({ kinds }) => new Map(kinds.map(({ kind, title }) => [kind, title])),
  );
  try {
    return await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
}
