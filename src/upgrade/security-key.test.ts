import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { verifySignature } from './signature.ts';

const directory = mkdtempSync(join(tmpdir(), 'security-key-'));
afterAll(() => rmSync(directory, { recursive: true }));

const CONTENT = Buffer.from('checksums of a release\n');
const NAMESPACE = 'hybrid-runner-release';
const TYPE = 'sk-ssh-ed25519@openssh.com';
const APPLICATION = 'ssh:';
const TOUCHED = 1;

const field = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const sha = (name: string, content: string | Buffer): Buffer =>
  createHash(name).update(content).digest();

/** A security key, as PROTOCOL.u2f of OpenSSH describes it. */
class SecurityKey {
  readonly #private: KeyObject;
  readonly blob: Buffer;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#private = privateKey;
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
    this.blob = Buffer.concat([field(TYPE), field(raw), field(APPLICATION)]);
  }

  get signer(): string {
    return `release namespaces="${NAMESPACE}" ${TYPE} ${this.blob.toString('base64')}\n`;
  }

  sign(flags: number, application = APPLICATION): string {
    const fields = [NAMESPACE, '', 'sha512'].map((text) => field(text));
    const signed = Buffer.concat([Buffer.from('SSHSIG'), ...fields, field(sha('sha512', CONTENT))]);
    const device = Buffer.from([flags, 0, 0, 0, 7]);
    const message = Buffer.concat([sha('sha256', application), device, sha('sha256', signed)]);
    const signature = Buffer.concat([
      field(TYPE),
      field(sign(null, message, this.#private)),
      device,
    ]);
    const version = Buffer.from([0, 0, 0, 1]);
    const parts = [Buffer.from('SSHSIG'), version, field(this.blob), ...fields, field(signature)];
    const lines = Buffer.concat(parts)
      .toString('base64')
      .match(/.{1,70}/g)!;
    return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
  }
}

/** OpenSSH's own program verifies; throws if it does not accept. */
function opensshVerifies(signature: string, signers: string): void {
  const [file, allowed] = [join(directory, 'content.sig'), join(directory, 'signers')];
  writeFileSync(file, signature);
  writeFileSync(allowed, signers);
  const options = ['-f', allowed, '-I', 'release', '-n', NAMESPACE, '-s', file];
  execFileSync('ssh-keygen', ['-Y', 'verify', ...options], { input: CONTENT, stdio: 'pipe' });
}

const key = new SecurityKey();
const rejection = expect.objectContaining({ code: 'UPGRADE_REFUSED' }) as Error;

describe('the signature of a release by a security key', () => {
  it('is accepted from a trusted key that was touched, as OpenSSH does', () => {
    opensshVerifies(key.sign(TOUCHED), key.signer);
    verifySignature(CONTENT, key.sign(TOUCHED), key.signer, 0);
  });

  it.each([
    ['a key that nobody touched', () => [key.sign(0), key.signer]],
    ['a key for another application', () => [key.sign(TOUCHED, 'other:'), key.signer]],
    ['another key', () => [new SecurityKey().sign(TOUCHED), key.signer]],
  ])('is rejected from %s', (_what, make) => {
    const [signature, signers] = make() as [string, string];
    expect(() => verifySignature(CONTENT, signature, signers, 0)).toThrow(rejection);
  });

  it('is rejected if a byte of it differs', () => {
    const bytes = Buffer.from(key.sign(TOUCHED).split('\n').slice(1, -2).join(''), 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      const text = `-----BEGIN SSH SIGNATURE-----\n${changed.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
      expect(() => verifySignature(CONTENT, text, key.signer, 0), `byte ${at}`).toThrow(rejection);
    }
  });
});
