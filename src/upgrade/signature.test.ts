import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifySignature } from './signature.ts';

const directory = mkdtempSync(join(tmpdir(), 'signature-'));
const CONTENT = Buffer.from('checksums of a release\n');
const NOW = Date.UTC(2026, 5, 1);

function newKey(name: string, type = 'ed25519'): string {
  const file = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

/** Signs as a release does, with OpenSSH's own program. */
function sign(key: string, namespace = 'hybrid-runner-release', hash = 'sha512'): string {
  const file = join(directory, 'content');
  writeFileSync(file, CONTENT);
  rmSync(`${file}.sig`, { force: true });
  const options = ['-f', join(directory, key), '-n', namespace, '-O', `hashalg=${hash}`];
  execFileSync('ssh-keygen', ['-Y', 'sign', '-q', ...options, file]);
  return readFileSync(`${file}.sig`, 'utf8');
}

let [key, rsa] = ['', ''];
beforeAll(() => {
  key = newKey('key');
  rsa = newKey('rsa', 'rsa');
  newKey('other');
});
afterAll(() => rmSync(directory, { recursive: true }));

const signers = (options = '', text = key): string =>
  `# keys\nrelease namespaces="hybrid-runner-release"${options} ${text}\n`;

describe('the signature of a release', () => {
  it.each(['sha256', 'sha512'])('is accepted from a trusted key, with %s', (hash) => {
    verifySignature(CONTENT, sign('key', undefined, hash), signers(), NOW);
    verifySignature(CONTENT, sign('key'), signers(',valid-before="20270101"'), NOW);
  });

  it('is rejected if a byte of content or signature differs', () => {
    const signature = sign('key');
    const bytes = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      const text = `-----BEGIN SSH SIGNATURE-----\n${changed.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
      expect(() => verifySignature(CONTENT, text, signers(), NOW), `byte ${at}`).toThrow();
    }
    const content = Buffer.from('checksums of another\n');
    expect(() => verifySignature(content, signature, signers(), NOW)).toThrow('does not belong');
  });

  it.each([
    ['another key', () => [sign('other'), signers()]],
    ['a signature for something else', () => [sign('key', 'git'), signers()]],
    ['a key of another kind', () => [sign('rsa'), signers('', rsa)]],
    ['a key that is no longer valid', () => [sign('key'), signers(',valid-before="20260101"')]],
    ['a key that is not valid yet', () => [sign('key'), signers(',valid-after="20270101"')]],
    ['a key with an unreadable date', () => [sign('key'), signers(',valid-before="soon"')]],
    ['a key with an option that is not known', () => [sign('key'), signers(',cert-authority="x"')]],
    ['a key for another purpose', () => [sign('key'), `release namespaces="git" ${key}\n`]],
    ['no signature', () => ['', signers()]],
    ['a truncated signature', () => [sign('key').slice(0, 90), signers()]],
  ])('is rejected: %s', (_what, make) => {
    const [signature, trusted] = make() as [string, string];
    expect(() => verifySignature(CONTENT, signature, trusted, NOW)).toThrow(
      expect.objectContaining({ code: 'UPGRADE_REFUSED' }) as Error,
    );
  });
});
