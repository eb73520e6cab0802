import type { HttpClient, HttpResponse } from '../../../../foundation/src/http/client.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../../foundation/src/runtime/clock.ts';
import type { Secret } from '../../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { loginOrigin, orgOrigin } from './domain.ts';
import { grantOf } from './grants.ts';
import type { Carry } from './jsforce-transport.ts';
import { requestToken } from './oauth.ts';
import type { Session } from './session.ts';

export interface OAuthSignInDeps {
  readonly connection: Connection;
  readonly http: Pick<HttpClient, 'call'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly protect: (value: string) => void;
}

/**
 * A larger clock skew is corrected when an assertion is rejected; an assertion is valid for 150 s.
 */
const TOLERATED_SKEW_MS = 30_000;

/** Signs in at the token endpoint of the org. */
export class OAuthSignIn {
  readonly #deps: OAuthSignInDeps;
  /**
   * How far the org's clock is ahead of ours, in milliseconds; 0 until an assertion was rejected
   * for it.
   */
  #skewMs = 0;

  constructor(deps: OAuthSignInDeps) {
    this.#deps = deps;
  }

  /** A wrong clock invalidates every assertion; the time of the response corrects that once. */
  async open(secrets: ReadonlyMap<string, Secret>, signal: AbortSignal): Promise<Session> {
    const response: { time?: number } = {};
    try {
      return await this.#requestSession(secrets, response, signal);
    } catch (thrown) {
      if (signal.aborted || !this.#correctSkew(response.time)) throw thrown;
      return this.#requestSession(secrets, response, signal);
    }
  }

  /** Whether the clock was wrong, which may be why the assertion was rejected. */
  #correctSkew(orgTime: number | undefined): boolean {
    const { connection, clock, logger } = this.#deps;
    const skewMs = (orgTime ?? clock.now()) - clock.now();
    if (connection.signIn.kind !== 'jwt' || Math.abs(skewMs - this.#skewMs) < TOLERATED_SKEW_MS)
      return false;
    logger.log('warn', "local clock is off; signing in with the org's time", {
      skewSeconds: Math.round(skewMs / 1000),
    });
    this.#skewMs = skewMs;
    return true;
  }

  /** `response` receives the time of the last response, of a failed one too. */
  async #requestSession(
    secrets: ReadonlyMap<string, Secret>,
    response: { time?: number },
    signal: AbortSignal,
  ): Promise<Session> {
    const { connection, clock, protect } = this.#deps;
    const carry: Carry = async (request) => {
      const received = await this.#send(request, signal);
      const time = timeOf(received);
      if (time !== undefined) response.time = time;
      return received;
    };
    const grant = grantOf(connection, secrets, { now: clock.now() + this.#skewMs, protect });
    const token = await requestToken(loginOrigin(connection.endpoint), grant, carry);
    protect(token.accessToken);
    return {
      origin: orgOrigin(token.instanceUrl, connection),
      accessToken: token.accessToken,
      organizationId: token.organizationId,
    };
  }

  #send(
    { method, url, headers, body }: Parameters<Carry>[0],
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const path = url.pathname + url.search;
    const content = body === undefined ? {} : { body };
    return this.#deps.http.call({ method, origin: url.origin, path, headers, ...content }, signal);
  }
}

/** The `Date` of a response, as Unix time in milliseconds. */
function timeOf({ headers }: HttpResponse): number | undefined {
  const time = Date.parse(String(headers['date'] ?? ''));
  return Number.isNaN(time) ? undefined : time;
}
