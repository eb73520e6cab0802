import { ApiError } from '../errors.ts';
import type { Page } from '../query/cursors.ts';
import { runQuery } from '../query/run.ts';
import type { ApiContext } from './context.ts';
import { answer, type ApiAnswer, type ApiRequest } from './message.ts';

const DEFAULT_BATCH = 2000;
const SMALLEST_BATCH = 200;

/** `GET /query`, `/queryAll` and `/tooling/query`. */
export function query(request: ApiRequest, { sources, cursors, latency }: ApiContext): ApiAnswer {
  const soql = request.query.get('q');
  if (!soql) throw new ApiError(400, 'MALFORMED_QUERY', 'A query string has to be specified');
  const isTooling = request.path.startsWith('/tooling');
  const base = `/services/data/v${request.version}${isTooling ? '/tooling' : ''}/sobjects`;
  const result = runQuery(soql, isTooling ? sources.tooling : sources.data, base);
  const page = cursors.first(result, batchSize(request.headers['sforce-query-options']));
  return answer(printPage(page, request, isTooling), latency.rows(page.records.length));
}

/** The next page of a long result. */
export function moreRecords(
  request: ApiRequest,
  { cursors, latency }: ApiContext,
  [locator = '']: readonly string[],
): ApiAnswer {
  const page = cursors.next(locator);
  return answer(
    printPage(page, request, request.path.startsWith('/tooling')),
    latency.rows(page.records.length),
  );
}

function batchSize(options: string | undefined): number {
  const asked = Number(/batchSize\s*=\s*(\d+)/i.exec(options ?? '')?.[1] ?? DEFAULT_BATCH);
  return Math.min(DEFAULT_BATCH, Math.max(SMALLEST_BATCH, asked));
}

function printPage(
  { result, records, locator }: Page,
  request: ApiRequest,
  isTooling: boolean,
): string {
  const base = `/services/data/v${request.version}${isTooling ? '/tooling' : ''}/query`;
  const next = locator === null ? {} : { nextRecordsUrl: `${base}/${locator}` };
  const common = { totalSize: result.totalSize, done: locator === null, ...next };
  if (!isTooling) return JSON.stringify({ ...common, records });
  return JSON.stringify({
    size: records.length,
    ...common,
    queryLocator: locator,
    entityTypeName: result.type,
    records,
  });
}
