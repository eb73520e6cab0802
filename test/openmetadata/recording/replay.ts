import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority, type Authority } from '../../support/certificates.ts';
import type { PipelineServiceCall } from '../../support/openmetadata-server/airflow-session.ts';
import { OpenMetadataRest } from '../../support/openmetadata-server/rest.ts';
import { startOpenMetadataServer } from '../../support/openmetadata-server/server.ts';
import type { Json } from '../../support/openmetadata-server/store.ts';
import { DROPPED, kindOf, type Exchange } from './exchange.ts';

const BASE = '/api/v2/openmetadata';
const CREDENTIALS = { username: 'openmetadata', password: 'a password' };
/** Values that must be the same, wherever they are. */
const COMPARED = [
  'name',
  'fullyQualifiedName',
  'serviceType',
  'pipelineType',
  'status',
  'code',
  'message',
  'reason',
  'platform',
  'deployed',
  'enabled',
  'deleted',
  'version',
  'pipelineState',
  'numberOfRowsProcessed',
  'numberOfRowsPassed',
  'numberOfRowsFailed',
  'password',
  'salesforceApiVersion',
  'dataTypeDisplay',
];

/**
 * Sends the recorded requests to a double, and tells where it differs from the server that was
 * recorded.
 */
export async function replay(exchanges: readonly Exchange[]): Promise<string[]> {
  const authority = await createAuthority();
  const played = await playPipelineService(
    authority,
    exchanges.filter(({ by }) => by === 'server'),
  );
  const double = await startOpenMetadataServer(authority, { host: '127.0.0.1' });
  double.tokens.add('bot');
  double.people.set('person', 'admin');
  const endpoint = `https://127.0.0.1:${(played.address() as AddressInfo).port}`;
  const { caPem } = authority;
  const client = double.usePipelineService({ ...CREDENTIALS, endpoint, caPem })!;
  const rests = { bot: rest('bot'), person: rest('person') };
  function rest(token: string): OpenMetadataRest {
    return new OpenMetadataRest(double.hostPort, token, caPem);
  }
  const ids = new Ids();
  const found: string[] = [];
  try {
    for (const exchange of exchanges) {
      if (exchange.by === 'server') continue;
      const { method, path, body } = ids.put(exchange);
      const actual = await rests[exchange.by].send(method, path, body);
      found.push(...differences(exchange, actual, ids));
    }
    return [...found, ...callDifferences(exchanges, client.calls)];
  } finally {
    rests.bot.close();
    rests.person.close();
    await double.close();
    played.close();
    played.closeAllConnections();
  }
}

/** Answers each call of the server as it was answered when it was recorded. */
async function playPipelineService(
  authority: Authority,
  recorded: readonly Exchange[],
): Promise<Server> {
  const answers = new Map<string, Exchange[]>();
  for (const exchange of recorded) {
    const key = callKey(exchange.method, exchange.path);
    answers.set(key, [...(answers.get(key) ?? []), exchange]);
  }
  const { certPem, keyPem } = await authority.issue(['127.0.0.1']);
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    request.resume().on('end', () => {
      const url = request.url ?? '';
      const queue = url.startsWith(BASE)
        ? answers.get(callKey(request.method!, url.slice(BASE.length)))
        : undefined;
      const next = (queue?.length ?? 0) > 1 ? queue!.shift() : queue?.[0];
      const health = { status: 'healthy', version: '1.12.6.0' };
      const other = url.endsWith('/health-auth') && url.startsWith(BASE) ? health : undefined;
      response.writeHead(next?.status ?? (other === undefined ? 404 : 200));
      const answer = next?.answer ?? other ?? {};
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function callKey(method: string, path: string): string {
  return `${method} ${path.split('?')[0]!}`;
}

/** What stands for an id in a recording, and the id that the double gave. */
class Ids {
  readonly #actual = new Map<string, string>();

  put({ method, path, body }: Exchange): Pick<Exchange, 'method' | 'path' | 'body'> {
    return { method, path: this.#text(path), body: this.#value(body) };
  }

  /** Whether the id is the one that this stands for; the first one is. */
  matches(placeholder: string, actual: unknown): boolean {
    if (typeof actual !== 'string') return false;
    const known = this.#actual.get(placeholder);
    if (known === undefined) this.#actual.set(placeholder, actual);
    return known === undefined || known === actual;
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#value(item)]),
    );
  }

  #text(text: string): string {
    return text
      .replaceAll('<date>', '2026-11-28T12:00:00Z')
      .replaceAll(/<id-\d+>/g, (placeholder) => {
        const actual = this.#actual.get(placeholder) ?? randomUUID();
        this.#actual.set(placeholder, actual);
        return actual;
      });
  }
}

function differences(
  exchange: Exchange,
  actual: { readonly status: number; readonly body: unknown },
  ids: Ids,
): string[] {
  const at = `${exchange.by} ${exchange.method} ${exchange.path}`;
  if (actual.status !== exchange.status)
    return [
      `${at}: status ${actual.status}, recorded ${exchange.status}: ${JSON.stringify(actual.body).slice(0, 300)}`,
    ];
  if (exchange.answer === undefined) return [];
  return valueDifferences(exchange.answer, actual.body, '', ids).map((text) => `${at}: ${text}`);
}

/** The double answers less than a server, but nothing else. */
function valueDifferences(recorded: unknown, actual: unknown, at: string, ids: Ids): string[] {
  if (typeof recorded === 'string' && /^<id-\d+>$/.test(recorded))
    return ids.matches(recorded, actual) ? [] : [`${at} is another id`];
  if (typeOf(recorded) !== typeOf(actual))
    return [`${at} is ${typeOf(actual)}, recorded ${typeOf(recorded)}`];
  if (Array.isArray(recorded) && Array.isArray(actual))
    return recorded
      .slice(0, actual.length)
      .flatMap((item, index) => valueDifferences(item, actual[index], `${at}[${index}]`, ids));
  if (typeof recorded !== 'object' || recorded === null) {
    const name = at.split('.').at(-1)!;
    return COMPARED.includes(name) && !isVariable(recorded) && recorded !== actual
      ? [`${at} is ${JSON.stringify(actual)}, recorded ${JSON.stringify(recorded)}`]
      : [];
  }
  return Object.entries(actual as Json).flatMap(([name, value]) => {
    if (value === undefined || DROPPED.includes(name)) return [];
    const there = (recorded as Json)[name];
    if (there === undefined) return [`${at}.${name} is invented`];
    return valueDifferences(there, value, `${at}.${name}`, ids);
  });
}

function isVariable(value: unknown): boolean {
  return typeof value === 'string' && /<[a-z-]+\d*>/.test(value);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

/** The calls that change something, in order, without their values. */
function callDifferences(
  exchanges: readonly Exchange[],
  calls: readonly PipelineServiceCall[],
): string[] {
  const kind = (method: string, path: string, body: unknown): string =>
    kindOf({ method, path: path.split('?')[0]!, body: method === 'GET' ? undefined : body });
  const recorded = exchanges
    .filter(({ by, method }) => by === 'server' && method !== 'GET')
    .map(({ method, path }) => kind(method, path, undefined));
  const actual = calls
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) =>
      kind(method, path.slice(path.indexOf(BASE) + BASE.length), undefined),
    );
  return JSON.stringify(recorded) === JSON.stringify(actual)
    ? []
    : [`the double called ${actual.join(', ')}; recorded ${recorded.join(', ')}`];
}
