import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { Effect } from '../control/fault-rules.ts';

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1_000;

/** An HTTP response before compression and faults. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ReplyOptions {
  readonly acceptsGzip: boolean;
  /** A fault of the connection, if any. */
  readonly effect: Effect | null;
  /** Time of the Date header, in milliseconds. */
  readonly now: number;
  /** Sleeps; ends early when the sandbox closes. */
  readonly sleep: (millis: number) => Promise<void>;
}

const FOREVER = 24 * 3_600_000;

/** Sends the reply with the fault applied. Resolves with the number of body bytes sent. */
export async function send(
  response: ServerResponse,
  reply: Reply,
  options: ReplyOptions,
): Promise<number> {
  const { effect } = options;
  if (effect?.kind === 'reset') return reset(response);
  if (effect?.kind === 'stall-headers') await options.sleep(effect.ms ?? FOREVER);
  const changed = effect ? distort(reply, effect) : reply;
  const isCompressed =
    changed.headers['Content-Encoding'] === undefined &&
    options.acceptsGzip &&
    changed.body.length > WORTH_COMPRESSING;
  const plain =
    effect?.kind === 'gzip-bomb' ? await bomb(effect.megabytes) : Buffer.from(changed.body);
  const body = isCompressed ? await compress(plain, { level: 1 }) : plain;
  const hasBody = changed.status !== 304 && changed.status !== 204;
  response.writeHead(changed.status, {
    Date: new Date(options.now).toUTCString(),
    ...changed.headers,
    ...(hasBody ? { 'Content-Type': changed.contentType, 'Content-Length': body.length } : {}),
    ...(isCompressed ? { 'Content-Encoding': 'gzip' } : {}),
  });
  if (!hasBody) return end(response, Buffer.alloc(0));
  if (effect?.kind === 'truncate')
    return cut(response, body.subarray(0, effect.afterBytes ?? body.length >> 1));
  if (effect?.kind === 'stall-body') {
    response.write(body.subarray(0, effect.afterBytes ?? body.length >> 1));
    await options.sleep(effect.ms ?? FOREVER);
    return end(response, body.subarray(effect.afterBytes ?? body.length >> 1));
  }
  return end(response, body);
}

function end(response: ServerResponse, body: Buffer): number {
  response.end(body);
  return body.length;
}

function cut(response: ServerResponse, part: Buffer): number {
  response.write(part, () => response.destroy());
  return part.length;
}

function reset(response: ServerResponse): number {
  response.socket?.destroy();
  return 0;
}

const MAINTENANCE = `<!DOCTYPE html><html><head><title>We are down for maintenance.</title></head><body>
<h1>We are down for maintenance.</h1><p>Sorry for the inconvenience. We'll be back shortly.</p></body></html>`;

function distort(reply: Reply, effect: Effect): Reply {
  switch (effect.kind) {
    case 'maintenance':
      return { ...reply, status: 503, contentType: 'text/html;charset=UTF-8', body: MAINTENANCE };
    case 'not-json':
      return { ...reply, status: 200, body: '<<this is not what you asked for' };
    case 'gzip-bomb':
      return { ...reply, status: 200, headers: { ...reply.headers, 'Content-Encoding': 'gzip' } };
    case 'redirect':
      return {
        ...reply,
        status: effect.status ?? 302,
        headers: { ...reply.headers, Location: effect.location },
        body: '',
      };
    case 'hostile-url':
      return { ...reply, body: reply.body.replaceAll(FOLLOWED, `$1${effect.url}$2`) };
    default:
      return reply;
  }
}

/** URLs in responses that clients follow. */
const FOLLOWED =
  /("(?:instance_url|nextRecordsUrl|api_instance_url)":")[^"]*(")|(?<=<(?:serverUrl|metadataServerUrl)>)[^<]*(?=<)/g;

/**
 * A small body that inflates to a huge one: a JSON array with one string of spaces. Never whole in
 * memory here.
 */
async function bomb(megabytes: number): Promise<Buffer> {
  const squeezed: Buffer[] = [];
  for await (const chunk of Readable.from(blanks(megabytes)).pipe(createGzip({ level: 9 })))
    squeezed.push(chunk as Buffer);
  return Buffer.concat(squeezed);
}

function* blanks(megabytes: number): Generator<Buffer> {
  const megabyte = Buffer.alloc(1_048_576, ' ');
  yield Buffer.from('["');
  for (let i = 0; i < megabytes; i++) yield megabyte;
  yield Buffer.from('"]');
}
