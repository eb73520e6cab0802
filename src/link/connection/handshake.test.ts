import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCodec } from '../../channel/codec.ts';
import { signedBytes } from './handshake.ts';

/** The private key of RFC 8032, section 7.1, test 1, which is public. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const NONCE = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

async function vector(): Promise<Record<string, string>> {
  const key = createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${SEED}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
  const { encodeStatement } = await loadCodec();
  const statement = encodeStatement({
    runnerId: 'rnr_example',
    protocol: 1,
    runnerVersion: '1.0.0',
    predecessorEnded: true,
    bootId: 'boot-1',
    features: ['zstd'],
    capacity: 2,
    held: [
      {
        ref: { runId: 'run-1', attempt: 1, epoch: 7 },
        durableSequence: 120,
        acknowledgedSequence: 80,
        running: true,
        complete: false,
      },
    ],
    draining: false,
    authority: 'catalog.example.com:443',
    platform: 'linux x64',
    jobKinds: ['metadata', 'test_connection'],
  });
  const message = signedBytes('catalog.example.com:443', NONCE, statement);
  return {
    publicKey: createPublicKey(key)
      .export({ type: 'spki', format: 'der' })
      .subarray(-32)
      .toString('hex'),
    statement: statement.toString('hex'),
    statementHash: createHash('sha256').update(statement).digest('hex'),
    message: message.toString('hex'),
    signature: sign(null, message, key).toString('hex'),
  };
}

describe('the signed bytes of a hello', () => {
  it('consist of prefix, authority, nonce and hash of the statement', async () => {
    const { message, statementHash } = await vector();
    expect(Buffer.from(message!, 'hex').toString('latin1')).toBe(
      `hybrid-runner/link/v1\ncatalog.example.com:443\n${NONCE.toString('latin1')}${Buffer.from(statementHash!, 'hex').toString('latin1')}`,
    );
  });

  it('match the test vector in docs/protocol.md', async () => {
    const document = readFileSync(
      join(import.meta.dirname, '../../../docs/protocol.md'),
      'utf8',
    ).replaceAll(/\s/g, '');
    for (const [name, value] of Object.entries(await vector()))
      expect(document, name).toContain(value);
  });
});
