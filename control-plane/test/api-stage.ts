import { afterAll, beforeAll } from 'vitest';
import { openStage, prepareCatalog, type Stage } from './stage.ts';

export let stage: Stage;

/** Opens and closes the stage around the tests of a file. */
export function useApi(): void {
  beforeAll(async () => {
    stage = await openStage();
    await prepareCatalog(stage.api);
  });
  afterAll(() => stage.close());
}
