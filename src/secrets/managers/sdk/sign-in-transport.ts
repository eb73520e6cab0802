import { tryParseJson } from '../../../../foundation/src/domain/json.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { isCredentialText } from '../credential-text.ts';
import {
  type SdkRequest,
  type SdkResponse,
  type SdkTransport,
  withTransport,
} from './transport.ts';

// Invariant: what an SDK sends as a credential, and what it receives as one, is protected before
// the server or the SDK has it. An SDK makes some of them itself, such as signed assertions, and
// keeps others to itself, such as the token that it trades for another one.

/** Fields of the forms with which SDKs sign in. */
const SENT = [
  'assertion',
  'client_assertion',
  'client_secret',
  'refresh_token',
  'subject_token',
  'WebIdentityToken',
];
/** Fields of the JSON documents that token servers answer with. */
const RECEIVED = ['access_token', 'accessToken', 'id_token', 'refresh_token'];

/**
 * Runs `work` with a transport for one sign-in, as `withTransport` does. SECRET_PROVIDER_FAILED for
 * a token of a form that none has.
 */
export async function withSignInTransport<T>(
  deps: Pick<ProviderDeps, 'connect' | 'clock' | 'protect'>,
  signal: AbortSignal,
  work: (transport: SdkTransport) => Promise<T>,
): Promise<T> {
  return withTransport(deps, signal, async ({ send }) => {
    let failure: RunnerError | undefined;
    const guarded = async (request: SdkRequest): Promise<SdkResponse> => {
      for (const credential of sentIn(request)) deps.protect(credential);
      const response = await send(request);
      for (const token of receivedIn(response)) {
        if (!isCredentialText(token)) throw (failure = unusable());
        deps.protect(token);
      }
      return response;
    };
    try {
      return await work({ send: guarded });
    } catch (thrown) {
      throw failure ?? thrown;
    }
  });
}

function sentIn({ body = '' }: SdkRequest): readonly string[] {
  const form = new URLSearchParams(body);
  return SENT.flatMap((name) => form.getAll(name)).filter((value) => value !== '');
}

function receivedIn({ body }: SdkResponse): readonly string[] {
  // Undefined for an answer that is not JSON, such as those of STS.
  const document = tryParseJson(body.toString())?.value;
  if (typeof document !== 'object' || document === null) return [];
  const fields = new Map<string, unknown>(Object.entries(document));
  return RECEIVED.map((name) => fields.get(name)).filter((value) => typeof value === 'string');
}

function unusable(): RunnerError {
  return new RunnerError(
    'SECRET_PROVIDER_FAILED',
    'a token server sent a token of an unexpected form',
    { retryable: false },
  );
}
