import { tryParseJson } from '../../../foundation/src/domain/json.ts';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { explainAnswer, readBody } from '../../channel/http-answer.ts';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import { formatEndpoint, type Endpoint } from '../../../foundation/src/network/endpoint.ts';
import { untilAborted, withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

const PATH = '/runner/v1/enroll';
const TIMEOUT_MS = 20_000;

/** Body of the request, see docs/protocol.md. */
export interface EnrollmentRequest {
  readonly token: string;
  readonly publicKey: string;
  readonly name: string;
  readonly version: string;
  readonly platform: string;
}

const Grant = z.object({
  runnerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  name: z.string().min(1).max(200),
});

export type Grant = z.infer<typeof Grant>;

export interface EnrollmentDeps {
  readonly connect: Connect;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Sends one HTTPS POST over a connection that is used for nothing else. */
export function requestEnrollment(
  body: EnrollmentRequest,
  endpoint: Endpoint,
  { connect, clock, signal: parent }: EnrollmentDeps,
): Promise<Grant> {
  return withDeadline('enrollment', TIMEOUT_MS, clock, parent, async (signal) => {
    const response = await post(JSON.stringify(body), endpoint, connect, signal);
    const answer = {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      retryAfter: response.headers['retry-after'],
      body: await readBody(response),
    };
    if (answer.status === 201) return parseGrant(answer.body);
    const error = explainAnswer(answer, formatEndpoint(endpoint), clock.now());
    throw error.code === 'NETWORK_UNREACHABLE' && answer.status === 400
      ? new RunnerError('ENROLLMENT_REFUSED', error.message)
      : error;
  });
}

async function post(
  body: string,
  endpoint: Endpoint,
  connect: Connect,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const connection = await connect(endpoint, {
    signal,
    timeoutMs: TIMEOUT_MS,
    tls: { alpn: ['http/1.1'] },
  });
  try {
    const response = Promise.withResolvers<IncomingMessage>();
    const request = httpRequest({
      method: 'POST',
      path: PATH,
      createConnection: () => connection,
      headers: {
        host: formatEndpoint(endpoint),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      },
    });
    request.on('response', response.resolve);
    request.on('error', (error) => response.reject(RunnerError.from(error, 'NETWORK_RESET')));
    request.end(body);
    return await untilAborted(response.promise, signal);
  } catch (thrown) {
    connection.destroy();
    throw thrown;
  }
}

function parseGrant(body: string): Grant {
  const grant = Grant.safeParse(tryParseJson(body)?.value);
  if (grant.success) return grant.data;
  // Without the parser's error of text that is not JSON: it quotes the text.
  throw new RunnerError(
    'PROTOCOL_VIOLATION',
    'the enrollment response of the control plane is invalid',
    { cause: grant.error },
  );
}
