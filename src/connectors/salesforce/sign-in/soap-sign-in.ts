import type { HttpClient } from '../../../../foundation/src/http/client.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Secret } from '../../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { loginOrigin, orgOrigin } from './domain.ts';
import { wholePassword } from './grants.ts';
import type { Session } from './session.ts';
import type { SignInMethod } from './sign-in-method.ts';
import { loginEnvelope, readLoginResponse, SOAP_LOGIN_VERSION } from './soap-login.ts';

export interface SoapSignInDeps {
  readonly connection: Connection;
  readonly http: Pick<HttpClient, 'call'>;
  readonly logger: Logger;
  readonly protect: (value: string) => void;
}

/** Signs in with user name and password by SOAP login(). */
export class SoapSignIn {
  readonly #deps: SoapSignInDeps;
  #warned = false;

  constructor(deps: SoapSignInDeps) {
    this.#deps = deps;
  }

  async open(
    { username, withToken, organizationId }: SignInMethod & { readonly kind: 'soap' },
    secrets: ReadonlyMap<string, Secret>,
    signal: AbortSignal,
  ): Promise<Session> {
    const { connection, http, protect } = this.#deps;
    this.#warnOfRetirement();
    const password = wholePassword(connection, secrets);
    protect(password);
    const scope = withToken ? undefined : organizationId;
    const response = await http.call(
      {
        method: 'POST',
        origin: loginOrigin(connection.endpoint),
        path: `/services/Soap/u/${SOAP_LOGIN_VERSION}`,
        headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
        body: loginEnvelope({ username, password, organizationId: scope }),
      },
      signal,
    );
    const login = readLoginResponse(response.status, response.body().toString('utf8'));
    protect(login.sessionId);
    return {
      origin: orgOrigin(login.serverUrl, connection),
      accessToken: login.sessionId,
      organizationId: login.organizationId,
    };
  }

  #warnOfRetirement(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#deps.logger.log(
      'warn',
      'signing in by SOAP login(), which Salesforce retires in Summer ’27 (June 2027); move to client credentials or JWT bearer',
      { apiVersion: SOAP_LOGIN_VERSION },
    );
  }
}
