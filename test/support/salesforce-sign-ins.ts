import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultRule, Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { soapOptions, type RunOptions } from './salesforce-run.ts';

/** A sandbox org must know `publicKey` for the sign-in by JWT bearer. */
export const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const one = { sobjectNames: ['Account'] };
/** The options of a run for each sign-in method. */
export const SIGN_INS: Readonly<Record<string, (sandbox: Sandbox) => RunOptions>> = {
  'SOAP login() with a token': (sandbox) => ({
    connection: { ...soapOptions(sandbox).connection, ...one },
    secrets: soapOptions(sandbox).secrets!,
  }),
  'SOAP login() from a trusted range': (sandbox) => {
    const { username, password } = sandbox.credentials;
    return {
      connection: { username, password: 'x', organizationId: sandbox.organizationId, ...one },
      secrets: { password },
    };
  },
  'OAuth with a password': (sandbox) => {
    const { username, password, securityToken, consumerKey, consumerSecret } = sandbox.credentials;
    return {
      connection: {
        username,
        password: 'x',
        securityToken: 'x',
        consumerKey,
        consumerSecret: 'x',
        ...one,
      },
      secrets: { password, securityToken, consumerSecret },
    };
  },
  'client credentials': (sandbox) => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    return {
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain, ...one },
      secrets: { consumerSecret },
    };
  },
  'JWT bearer': (sandbox) => {
    const { username, consumerKey } = sandbox.credentials;
    return {
      connection: {
        username,
        consumerKey,
        privateKey: 'x',
        salesforceDomain: sandbox.myDomain,
        ...one,
      },
      secrets: { privateKey },
    };
  },
};
export const SIGN_IN_NAMES: readonly string[] = Object.keys(SIGN_INS);
export const SOAP: readonly string[] = SIGN_IN_NAMES.filter((name) => name.startsWith('SOAP'));
export const OAUTH: readonly string[] = SIGN_IN_NAMES.filter((name) => !name.startsWith('SOAP'));
export const WITH_PASSWORD: ReadonlySet<string> = new Set([...SOAP, 'OAuth with a password']);

export const respond = (status: number, body: unknown): FaultRule['effect'] => ({
  kind: 'respond',
  status,
  body,
});
export const soapFault = (code: string, status = 500): FaultRule['effect'] =>
  respond(
    status,
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>${code}</faultcode><faultstring>${code}</faultstring></e:Fault></e:Body></e:Envelope>`,
  );
export const oauthError = (name: string, description = name): object => ({
  error: name,
  error_description: description,
});

/** A state directory of an attempt. */
export const stateDirectoryOf = (): string => mkdtempSync(join(tmpdir(), 'sign-in-'));

/** The rejections that a state directory keeps. */
export const rememberedIn = (directory: string): string[] =>
  existsSync(join(directory, 'refused-sign-ins'))
    ? readdirSync(join(directory, 'refused-sign-ins'))
    : [];
