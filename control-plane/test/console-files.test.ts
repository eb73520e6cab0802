import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stage, useApi } from './api-stage.ts';

useApi();

const files = readdirSync(new URL('../console/', import.meta.url));

it.each(files)('serves %s of the console', async (file) => {
  const path = file === 'index.html' ? '/' : `/${file}`;
  expect((await stage.api.get(path)).status).toBe(200);
});
