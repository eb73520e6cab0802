import type { OAuth2 } from 'jsforce/lib/oauth2.js';
import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';
import type { Carry } from './jsforce-transport.ts';
import { inconclusive } from './inconclusive.ts';
import { tokenRejection } from './oauth-rejection.ts';

export interface Grant {
  readonly consumerKey: string;
  readonly consumerSecret?: string;
  /** `grant_type` and its parameters. */
  readonly parameters: Readonly<Record<string, string>> & { readonly grant_type: string };
}

const tokenSchema = z.object({
  access_token: z.string().min(1),
  instance_url: z.string(),
  id: z.string(),
});

export interface OAuthSession {
  readonly accessToken: string;
  readonly instanceUrl: string;
  /** 15 characters. */
  readonly organizationId: string;
}

/**
 * Requests a token from `loginUrl`, with jsforce's client over our transport. Throws
 * SALESFORCE_LOGIN_FAILED only where Salesforce itself rejects the credentials, and
 * SALESFORCE_LOGIN_DENIED where it rejects for another lasting reason. Any other response is
 * retryable.
 */
export async function requestToken(
  loginUrl: string,
  grant: Grant,
  carry: Carry,
): Promise<OAuthSession> {
  const client = await createClient(loginUrl, grant);
  let status = 0;
  const send: Carry = async (request) => {
    const response = await carry(request);
    status = response.status;
    return response;
  };
  const { PolicyTransport } = await import('./jsforce-transport.ts');
  // oxlint-disable-next-line no-underscore-dangle -- jsforce's only way to set a transport has this name
  client._transport = new PolicyTransport(send);
  let token: unknown;
  try {
    token = await client.requestToken({ ...grant.parameters });
  } catch (thrown) {
    if (thrown instanceof RunnerError) throw thrown;
    throw tokenRejection(status, thrown instanceof Error ? thrown : undefined, grant);
  }
  return readToken(status, token);
}

async function createClient(loginUrl: string, grant: Grant): Promise<OAuth2> {
  const { default: module } = await import('jsforce/lib/oauth2.js');
  return new module.OAuth2({
    loginUrl,
    clientId: grant.consumerKey,
    ...(grant.consumerSecret === undefined ? {} : { clientSecret: grant.consumerSecret }),
  });
}

function readToken(status: number, token: unknown): OAuthSession {
  const parsed = tokenSchema.safeParse(token);
  const organizationId =
    parsed.data === undefined ? undefined : /\/id\/(00D\w{12})/.exec(parsed.data.id)?.[1];
  if (status !== 200 || !parsed.success || organizationId === undefined)
    throw inconclusive(status, 'the token endpoint');
  return {
    accessToken: parsed.data.access_token,
    instanceUrl: parsed.data.instance_url,
    organizationId,
  };
}
