import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';

const CONSOLE = fileURLToPath(new URL('../../console/', import.meta.url));
const MODULES = [
  'api',
  'column-notes',
  'dom',
  'enroll-dialog',
  'entities',
  'entity',
  'format',
  'forms',
  'job-kinds',
  'layout',
  'lineage',
  'lineage-drawing',
  'log-view',
  'main',
  'options',
  'pipeline-form',
  'profile-panels',
  'relay-panel',
  'run',
  'run-panels',
  'runners',
  'runs',
  'schedule-facts',
  'schedule-form',
  'schedule-text',
  'service-card',
  'service-form',
  'services',
  'sign-in',
  'signature-facts',
  'signature-form',
  'table',
  'table-columns',
  'table-panels',
  'tables',
];

interface ConsoleFile {
  readonly file: string;
  readonly type: string;
}

/** Every file of the console by its path; no other file of the folder is served. */
const CONSOLE_FILES: Readonly<Record<string, ConsoleFile>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/console.css': { file: 'console.css', type: 'text/css; charset=utf-8' },
  ...Object.fromEntries(
    MODULES.map((name) => [
      `/${name}.js`,
      { file: `${name}.js`, type: 'text/javascript; charset=utf-8' },
    ]),
  ),
};

export function serveConsole(app: OpenAPIHono): void {
  for (const [path, { file, type }] of Object.entries(CONSOLE_FILES)) {
    app.get(path, async (context) =>
      context.body(await readFile(`${CONSOLE}${file}`, 'utf8'), 200, {
        'content-type': type,
        'cache-control': 'no-cache',
      }),
    );
  }
}
