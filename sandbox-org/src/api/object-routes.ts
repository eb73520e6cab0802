import { ApiError } from '../errors.ts';
import { describeBasics, type DescribeTarget } from '../org/describe.ts';
import type { ObjectEntry } from '../org/model.ts';
import { print } from '../query/select.ts';
import type { ApiContext } from './context.ts';
import { answer, httpDate, isModified, type ApiAnswer, type ApiRequest } from './message.ts';

const targetOf = ({ version, origin }: ApiRequest): DescribeTarget => ({ version, origin });

/** Not modified only if nothing in the org has changed. */
export function describeAll(
  request: ApiRequest,
  { org, describes, latency }: ApiContext,
): ApiAnswer {
  const modified = org.lastModifiedAt();
  const headers = {
    'Last-Modified': httpDate(modified),
    ETag: `"${Math.floor(modified / 1000).toString(16)}"`,
  };
  if (!isModified(request.headers['if-modified-since'], modified))
    return answer(null, latency.describeGlobal(true), { status: 304, headers });
  return answer(describes.describeGlobal(targetOf(request)), latency.describeGlobal(false), {
    headers,
  });
}

export function describeOne(
  request: ApiRequest,
  context: ApiContext,
  [name = '']: readonly string[],
): ApiAnswer {
  const entry = requireObject(context, name);
  const modified = context.org.modifiedAt(entry.name);
  const isUnchanged = !isModified(request.headers['if-modified-since'], modified);
  const size = context.describes.size(entry, targetOf(request));
  const millis = context.latency.describe(entry.name, size, isUnchanged);
  const headers = { 'Last-Modified': httpDate(modified) };
  if (isUnchanged) return answer(null, millis, { status: 304, headers });
  return answer(context.describes.describe(entry, targetOf(request)), millis, { headers });
}

export function describeBasic(
  request: ApiRequest,
  context: ApiContext,
  [name = '']: readonly string[],
): ApiAnswer {
  return answer(
    describeBasics(requireObject(context, name), targetOf(request)),
    context.latency.other(),
  );
}

/** One record with all its fields, or those listed in `fields`. */
export function getRecord(
  request: ApiRequest,
  context: ApiContext,
  [name = '', id = '']: readonly string[],
): ApiAnswer {
  const entry = requireObject(context, name);
  const found = context.sources.records.byId(entry, id);
  if (!found) throw ApiError.notFound();
  const requestedFields = request.query.get('fields')?.split(',');
  const columns = context.org
    .fields(entry.name)
    .map(({ traits }) => traits.name)
    .filter((column) => !requestedFields || requestedFields.includes(column));
  const base = `/services/data/v${request.version}/sobjects`;
  return answer(
    JSON.stringify(print(found, { columns, relations: new Map() }, base)),
    context.latency.other(),
  );
}

/** One record of the Tooling API with all its columns, or those listed in `fields`. */
export function getToolingRecord(
  request: ApiRequest,
  { sources, latency }: ApiContext,
  [name = '', id = '']: readonly string[],
): ApiAnswer {
  const table = sources.tooling.find(name);
  if (table === undefined || table.restricted) throw ApiError.notFound();
  const requestedFields = request.query.get('fields')?.split(',');
  const columns = table.schema
    .columns()
    .filter((column) => !requestedFields || requestedFields.includes(column));
  const base = `/services/data/v${request.version}/tooling/sobjects`;
  for (const row of table.rows(null)) {
    if (row.id?.slice(0, 15) === id.slice(0, 15))
      return answer(
        JSON.stringify(print(row, { columns, relations: new Map() }, base)),
        latency.rows(1),
      );
  }
  throw ApiError.notFound();
}

function requireObject({ org }: ApiContext, name: string): ObjectEntry {
  const entry = org.find(name);
  if (!entry) throw ApiError.notFound();
  return entry;
}

const RESOURCES = [
  'sobjects',
  'query',
  'queryAll',
  'limits',
  'composite',
  'tooling',
  'search',
  'recent',
  'identity',
] as const;

export function listResources(request: ApiRequest, { latency }: ApiContext): ApiAnswer {
  const base = `/services/data/v${request.version}`;
  return answer(
    JSON.stringify(Object.fromEntries(RESOURCES.map((name) => [name, `${base}/${name}`]))),
    latency.other(),
  );
}
