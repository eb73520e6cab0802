import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Json } from './store.ts';

/** What people see instead of a secret. */
export const MASK = '*********';

/** Secret fields of a Salesforce connection. */
const SECRET = ['password', 'securityToken', 'consumerSecret', 'privateKey'];
const SIGNING_KEY = randomBytes(16);
const ENCRYPTION_KEY = randomBytes(16);

/** The connection with its schema's defaults, as a server stores it. */
export function withDefaults(config: Json): Json {
  return {
    salesforceDomain: 'login',
    salesforceApiVersion: '42.0',
    supportsMetadataExtraction: true,
    ...config,
  };
}

export function masked(config: Json): Json {
  return mapSecrets(config, () => MASK);
}

/** Secrets as a server sends them to its pipeline service. */
export function encrypted(config: Json): Json {
  return mapSecrets(config, (value) => `fernet:${fernet(value)}`);
}

/** Masked fields get the stored values back. */
export function unmasked(config: Json, stored: Json | undefined): Json {
  return mapSecrets(config, (value, name) =>
    value === MASK ? ((stored?.[name] as string | undefined) ?? MASK) : value,
  );
}

function mapSecrets(config: Json, change: (value: string, name: string) => string): Json {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      SECRET.includes(name) && typeof value === 'string' ? change(value, name) : value,
    ]),
  );
}

/** A Fernet token: version, time, IV, AES-128-CBC, HMAC-SHA256. */
function fernet(text: string): string {
  const head = Buffer.alloc(9);
  head[0] = 0x80;
  head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', ENCRYPTION_KEY, iv);
  const body = Buffer.concat([head, iv, cipher.update(text, 'utf8'), cipher.final()]);
  const mac = createHmac('sha256', SIGNING_KEY).update(body).digest();
  return Buffer.concat([body, mac]).toString('base64url');
}
