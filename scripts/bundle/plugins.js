import { dirname, join } from 'node:path';

/** zod includes messages in 50 languages; this program needs English only. */
const onlyEnglish = {
  name: 'only-english',
  setup({ onResolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.includes('/zod/') ? { path: join(resolveDir, dirname(path), 'en.js') } : undefined,
    );
  },
};

/**
 * undici's entry loads all of it: fetch, caches, mocks, other agents. The replacement exports what
 * this program imports; the build fails if it lacks something.
 */
const undiciAgent = {
  name: 'undici-agent',
  setup({ onResolve }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: join(import.meta.dirname, 'undici.js') }));
  },
};

/**
 * Leaves out the HTTP client of jsforce, which never runs (docs/decisions/0011) and brings 20
 * packages.
 */
const jsforceWithoutHttp = {
  name: 'jsforce-without-http',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/request$/ }, ({ importer }) =>
      importer.endsWith('/jsforce/lib/transport.js')
        ? { path: join(import.meta.dirname, 'jsforce-request.js') }
        : undefined,
    );
  },
};

export const plugins = [onlyEnglish, undiciAgent, jsforceWithoutHttp];
