import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FaultRule } from '../control/fault-rules.ts';
import type { StatsReport } from '../control/stats.ts';
import { ApiError, SandboxError } from '../errors.ts';
import type { Edit } from '../org/edit.ts';
import { readBody } from './read-body.ts';

/** Actions of the admin endpoint. */
export interface AdminActions {
  readonly stats: () => StatsReport;
  readonly resetStats: () => void;
  readonly installFaults: (rules: readonly FaultRule[]) => void;
  readonly clearFaults: () => void;
  readonly expireSessions: () => void;
  readonly unlockUser: () => void;
  readonly edit: (edits: readonly Edit[]) => void;
  readonly registerCertificate: (pem: string) => void;
}

/** The admin endpoint on loopback, protected by a bearer token. Not listening yet. */
export function createAdminServer(token: string, actions: AdminActions): Server {
  return createServer((request, response) => {
    void answer(request, response, token, actions);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  actions: AdminActions,
): Promise<void> {
  try {
    if (!isAllowed(request.headers.authorization, token))
      return write(response, 401, { error: 'a bearer token is needed' });
    const route = `${request.method} ${(request.url ?? '').split('?')[0]}`;
    const body = request.method === 'POST' ? parse((await readBody(request)).text) : null;
    const result = run(route, body, actions);
    write(
      response,
      result === undefined ? 404 : 200,
      result ?? { error: `no such route: ${route}` },
    );
  } catch (error) {
    const isOurs = error instanceof SandboxError || error instanceof ApiError;
    write(response, isOurs ? 400 : 500, {
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

function isAllowed(header: string | undefined, token: string): boolean {
  const actual = Buffer.from(header ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    throw new SandboxError('body is not JSON');
  }
}

function run(route: string, body: unknown, actions: AdminActions): unknown {
  switch (route) {
    case 'GET /stats':
      return actions.stats();
    case 'POST /stats/reset':
      return done(actions.resetStats());
    case 'POST /faults':
      return done(actions.installFaults(listOf<FaultRule>(body, 'effect')));
    case 'DELETE /faults':
      return done(actions.clearFaults());
    case 'POST /sessions/expire':
      return done(actions.expireSessions());
    case 'POST /users/unlock':
      return done(actions.unlockUser());
    case 'POST /org':
      return done(actions.edit(listOf<Edit>(body, 'kind')));
    case 'POST /certificates':
      return done(actions.registerCertificate(pemOf(body)));
    default:
      return undefined;
  }
}

const done = (_nothing: void): { ok: true } => ({ ok: true });

/** One object or several with the property; their details are checked on use. */
function listOf<T>(body: unknown, property: string): T[] {
  const list = [body].flat();
  for (const item of list) {
    if (typeof item !== 'object' || item === null || !(property in item))
      throw new SandboxError(`each item must have "${property}"`);
  }
  return list as T[];
}

function pemOf(body: unknown): string {
  const pem =
    typeof body === 'object' && body !== null
      ? (body as Record<string, unknown>)['pem']
      : undefined;
  if (typeof pem !== 'string') throw new SandboxError('"pem" is required');
  return pem;
}

function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
