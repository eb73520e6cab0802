import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FILE = resolve(import.meta.dirname, '../../packaging/observability/grafana-dashboard.json');

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

/** Every query of the dashboard, with its variables filled in. */
export function dashboardQueries(): readonly (readonly [name: string, query: string])[] {
  const { panels } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly panels: Panel[] };
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ refId, expr }) => [
      `${title} ${refId}`,
      expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m'),
    ]),
  );
}
