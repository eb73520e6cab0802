import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { version } from '../runtime/program.ts';
import { application, createRoute, REJECTIONS, SECURITY } from './routing.ts';

const ACTIVE = ['queued', 'offered', 'running'] as const;

const route = createRoute({
  method: 'get',
  path: '/api/v1/metrics',
  summary: 'Get metrics in the text format of Prometheus',
  security: SECURITY,
  responses: {
    200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } },
    ...REJECTIONS,
  },
});

/** Gauges, read from store and registry at each request. Labels have no names of users. */
export function metricsApi(deps: Pick<Deps, 'store'>, registry: Registry): OpenAPIHono {
  const app = application();
  app.openapi(route, async (context) => {
    const active = await deps.store.read.runs.active();
    const audits = [...(await deps.store.read.auditHeads.summaries()).values()];
    const text = [
      ...gauge('build_info', 'Version of the program.', { [`{version="${version()}"}`]: 1 }),
      ...gauge('runners_connected', 'Runners with a session.', { '': registry.all().length }),
      ...gauge(
        'runs_active',
        'Runs that have not ended, by state.',
        Object.fromEntries(
          ACTIVE.map((state) => [
            `{state="${state}"}`,
            active.filter(({ status }) => status.state === state).length,
          ]),
        ),
      ),
      ...gauge(
        'audit_trails_changed',
        'Runners whose audit trail contradicts what they had signed, until acknowledged.',
        { '': audits.filter(({ problem }) => problem !== null).length },
      ),
    ].join('\n');
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    return context.text(`${text}\n`, 200, { 'content-type': type });
  });
  return app;
}

/** The values by their labels. */
function gauge(name: string, help: string, values: Readonly<Record<string, number>>): string[] {
  const full = `hybrid_control_plane_${name}`;
  const lines = Object.entries(values).map(([labels, value]) => `${full}${labels} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, ...lines];
}
