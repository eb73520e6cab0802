import { z } from 'zod';
import { HttpClient } from '../../foundation/src/http/client.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { isNewer } from './version-order.ts';

/*
 * Asks one configured address for the newest version. What must never break: the answer is text to
 * show. It leads to no other request, and nothing of it is stored, downloaded or run, so it needs
 * no signature; an archive is verified when it is installed.
 */

const CONNECT_MS = 10_000;
const CALL_MS = 20_000;
const MAX_BYTES = 16 * 1024;
const MAX_VERSION = 64;
const MAX_URL = 500;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

const answerSchema = z.object({
  version: z.string().max(MAX_VERSION).regex(VERSION),
  url: z.string().max(MAX_URL).optional(),
});

export interface NewestRelease {
  readonly version: string;
  /** To display: https, on the host that was asked. */
  readonly url: string | undefined;
}

export interface QueryOptions {
  /** `https:`, without user or query. */
  readonly address: string;
  readonly connect: Connect;
  readonly clock: Clock;
}

/**
 * Throws UPGRADE_CHECK_INVALID, RESPONSE_TOO_LARGE, DEADLINE_EXCEEDED, TLS_UNTRUSTED, PROXY_REFUSED
 * or NETWORK_*.
 */
export async function queryNewestRelease(
  { address, connect, clock }: QueryOptions,
  signal: AbortSignal,
): Promise<NewestRelease> {
  const { origin, pathname: path, host } = new URL(address);
  const http = new HttpClient({
    connect,
    clock,
    tls: () => Promise.resolve({}),
    unexpected: 'UPGRADE_CHECK_INVALID',
    maxSockets: 1,
    connectMs: CONNECT_MS,
    callMs: CALL_MS,
    maxBytes: MAX_BYTES,
  });
  try {
    const headers = { accept: 'application/json' };
    const { status, body } = await http.call({ method: 'GET', origin, path, headers }, signal);
    if (status !== 200)
      throw invalid(`${host} responded with status ${status}; redirects are not followed`);
    return parseAnswer(body().toString(), host);
  } finally {
    await http.close();
  }
}

export type Comparison = 'newer' | 'same' | 'older';

/** What the newest version is, compared with the installed one. */
export function compareVersions(newest: string, installed: string): Comparison {
  if (isNewer(newest, installed)) return 'newer';
  return isNewer(installed, newest) ? 'older' : 'same';
}

function parseAnswer(text: string, host: string): NewestRelease {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Without the parser's error, which quotes the answer.
    throw invalid(`the response of ${host} is not JSON`);
  }
  const { success, data } = answerSchema.safeParse(answer);
  if (!success) throw invalid(`the response of ${host} contains no version`);
  return { version: data.version, url: parseLink(data.url, host) };
}

/** A link to somewhere else could be an attacker's, within a message of this program. */
function parseLink(link: string | undefined, host: string): string | undefined {
  if (link === undefined) return undefined;
  const url = URL.parse(link);
  if (url?.protocol !== 'https:' || url.host !== host || url.username !== '' || url.password !== '')
    throw invalid(`the url in the response of ${host} points to another host`);
  return url.href;
}

function invalid(message: string): RunnerError {
  return new RunnerError('UPGRADE_CHECK_INVALID', message);
}
