import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place } from '../../cli/command-line.ts';
import { MOUNTED, readByPrograms } from '../../support/mounted-program.ts';

let place: Place;
beforeEach(() => (place = new Place()));
afterEach(() => place.close());

/**
 * The program as it is delivered: an SDK in a bundle can lack what it has in its package, and one
 * that finds a proxy in the environment takes other ways than without it.
 */
describe('the delivered program, behind a proxy', () => {
  it.each(Object.keys(MOUNTED))(
    'signs in to and reads from %s, with the same version in every process',
    async (title) => {
      const { versions, requested, hasServer } = await readByPrograms(place, MOUNTED[title]!, 2);
      const [one, other] = versions;
      expect(one).toMatch(/^[\w -]{1,80}(?:T[\w:.]+Z)?$/);
      expect(other).toBe(one);
      expect(requested.length > 0).toBe(hasServer);
    },
  );
});
