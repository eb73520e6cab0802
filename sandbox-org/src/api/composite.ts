import { ApiError } from '../errors.ts';
import type { ApiContext } from './context.ts';
import { answer, type ApiAnswer, type ApiRequest } from './message.ts';

const MOST_ITEMS = 25;
const MOST_QUERIES = 5;

interface Item {
  readonly method: string;
  readonly url: string;
  readonly referenceId: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** `POST /composite`: up to 25 subrequests, billed as one call. */
export async function composite(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const { items, allOrNone } = readComposite(request.body);
  const answers = new Map<string, ApiAnswer>();
  for (const item of items) {
    const url = item.url.replaceAll(/@\{(\w+)\.([\w.[\]]+)\}/g, (_, id: string, path: string) =>
      lookUp(answers.get(id), path),
    );
    answers.set(item.referenceId, await context.serve(subrequest(request, { ...item, url })));
  }
  const failed = allOrNone && [...answers.values()].some(({ status }) => status >= 400);
  const parts = items.map((item) =>
    printItem(item.referenceId, answers.get(item.referenceId) as ApiAnswer, failed),
  );
  return answer(`{"compositeResponse":[${parts.join(',')}]}`, total(answers.values()));
}

/** `POST /composite/batch`: like composite, but each subrequest is billed. */
export async function batch(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const { items, haltOnError } = readBatch(request.body, request.version);
  const answers: ApiAnswer[] = [];
  let isHalted = false;
  for (const item of items) {
    answers.push(isHalted ? HALTED : await context.serve(subrequest(request, item)));
    isHalted ||= haltOnError && (answers.at(-1)?.status ?? 0) >= 400;
  }
  const hasErrors = answers.some(({ status }) => status >= 400);
  const results = answers.map(
    ({ status, json }) => `{"statusCode":${status},"result":${json ?? 'null'}}`,
  );
  return answer(`{"hasErrors":${hasErrors},"results":[${results.join(',')}]}`, total(answers), {
    charge: items.length,
  });
}

const HALTED = answer(
  JSON.stringify([
    { errorCode: 'BATCH_PROCESSING_HALTED', message: 'Batch processing halted per request' },
  ]),
  0,
  { status: 412 },
);

function total(answers: Iterable<ApiAnswer>): number {
  return [...answers].reduce((sum, { serverMillis }) => sum + serverMillis, 0);
}

const ROLLED_BACK = JSON.stringify([
  {
    errorCode: 'PROCESSING_HALTED',
    message:
      'The transaction was rolled back since another operation in the same transaction failed.',
  },
]);

function printItem(
  referenceId: string,
  { status, headers, json }: ApiAnswer,
  failed: boolean,
): string {
  const rolledBack = failed && status < 400;
  const body = rolledBack ? ROLLED_BACK : (json ?? 'null');
  const rest = JSON.stringify({
    httpHeaders: headers,
    httpStatusCode: rolledBack ? 400 : status,
    referenceId,
  });
  return `{"body":${body},${rest.slice(1)}`;
}

/** Resolves `@{ref.records[0].Id}` against an earlier response. */
function lookUp(source: ApiAnswer | undefined, path: string): string {
  const steps = path.split(/[.[\]]+/).filter(Boolean);
  const from: unknown = source?.json ? JSON.parse(source.json) : undefined;
  const found = steps.reduce((at, step) => (isObject(at) ? at[step] : undefined), from);
  if (typeof found === 'string' || typeof found === 'number') return encodeURIComponent(found);
  throw new ApiError(
    400,
    'PROCESSING_HALTED',
    `Invalid reference specified. No value for ${path} found`,
  );
}

function subrequest(outer: ApiRequest, item: Item): ApiRequest {
  const [whole, search] = splitOnce(item.url, '?');
  const match = /^\/services\/data\/v(\d+\.\d)(\/.*)?$/.exec(whole);
  const path = (match?.[2] ?? '/unknown').replace(/\/+$/, '');
  return {
    level: 'item',
    method: item.method,
    host: outer.host,
    origin: outer.origin,
    version: match?.[1] ?? outer.version,
    path: path.startsWith('/composite') ? '/unknown' : path,
    query: new URLSearchParams(search),
    headers: item.headers,
    body: item.body,
  };
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

const invalid = (text: string): ApiError => new ApiError(400, 'JSON_PARSER_ERROR', text);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (!isObject(value) || Array.isArray(value)) throw invalid('Expected a JSON object');
  return value;
}

function limitExceeded(what: string, count: number, most: number): ApiError {
  return new ApiError(
    400,
    'LIMIT_EXCEEDED',
    `The composite request contains ${count} ${what}; at most ${most} are allowed`,
  );
}

function listOf(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(`${name} is required`);
  if (value.length > MOST_ITEMS) throw limitExceeded('subrequests', value.length, MOST_ITEMS);
  return value;
}

function readComposite(body: unknown): { items: Item[]; allOrNone: boolean } {
  const outer = fieldsOf(body);
  const items = listOf(outer['compositeRequest'], 'compositeRequest').map((value): Item => {
    const fields = fieldsOf(value);
    const referenceId = text(fields, 'referenceId');
    if (!/^\w+$/.test(referenceId))
      throw invalid(
        `Provided referenceId ('${referenceId}') must contain letters, digits and underscores only`,
      );
    const [method, url] = [text(fields, 'method').toUpperCase(), text(fields, 'url')];
    return {
      method,
      url,
      referenceId,
      headers: lowerCase(fields['httpHeaders']),
      body: fields['body'] ?? null,
    };
  });
  if (new Set(items.map(({ referenceId }) => referenceId)).size < items.length)
    throw invalid('Duplicate referenceId provided');
  const queries = items.filter(({ url }) => /\/query(All)?([/?]|$)/.test(url)).length;
  if (queries > MOST_QUERIES) throw limitExceeded('query subrequests', queries, MOST_QUERIES);
  return { items, allOrNone: outer['allOrNone'] === true };
}

function lowerCase(headers: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(headers ?? {})).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]),
  );
}

function readBatch(body: unknown, version: string): { items: Item[]; haltOnError: boolean } {
  const outer = fieldsOf(body);
  const items = listOf(outer['batchRequests'], 'batchRequests').map((value, i): Item => {
    const fields = fieldsOf(value);
    const url = text(fields, 'url')
      .replace(/^\/services\/data\//, '')
      .replace(/^\//, '');
    const versioned = /^v\d+\.\d\//.test(url) ? url : `v${version}/${url}`;
    const method = text(fields, 'method').toUpperCase();
    return {
      method,
      url: `/services/data/${versioned}`,
      referenceId: String(i),
      headers: {},
      body: fields['richInput'] ?? null,
    };
  });
  return { items, haltOnError: outer['haltOnError'] === true };
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw invalid(`${name} is required`);
  return value;
}
