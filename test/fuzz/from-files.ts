import { parseLine } from '../../src/audit/line.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { isUsablePem } from '../../src/secrets/pem.ts';
import { decodeVault } from '../../src/secrets/vault/format.ts';
import { scanSegment } from '../../src/spool/scan.ts';
import { verifySignature } from '../../src/upgrade/signature.ts';
import * as corpus from './corpus.ts';
import type { Target } from './fuzz.ts';

const { texts } = corpus;
const NOW = Date.UTC(2026, 0, 1);

export function fromFiles(): readonly Target[] {
  return [
    {
      name: 'the policy',
      corpus: texts(corpus.POLICY, '{version: 1, secrets: []}'),
      read: (bytes) => {
        parsePolicy(bytes.toString(), { file: 'policy.yaml', connectors: ['salesforce'] });
        return 'policy';
      },
    },
    {
      name: 'the vault',
      corpus: [corpus.vaultFile()],
      read: (bytes) => String(decodeVault(bytes, corpus.VAULT_KEY).records.length),
    },
    {
      name: 'segments of the spool',
      corpus: [corpus.segment(5)],
      read: (bytes) => {
        const { last, tail, complete } = scanSegment(bytes, 1);
        return `${last} ${tail} ${complete}`;
      },
    },
    {
      name: 'lines of the audit trail',
      corpus: texts(
        `{"event":"job","decision":"accept","number":1,"previous":"${'0'.repeat(64)}","at":"2026-01-01T00:00:00.000Z","hash":"${'1'.repeat(64)}"}`,
      ),
      read: (bytes) => String(parseLine(bytes.toString())?.number),
    },
    {
      name: 'PEM files',
      corpus: texts(corpus.pemKey(), corpus.pemKey().replaceAll('\n', '\\n')),
      read: (bytes) => String(isUsablePem(bytes.toString(), 'private key')),
    },
    {
      name: 'signatures of a release',
      corpus: texts(corpus.SIGNATURE),
      read: (bytes) => {
        verifySignature(Buffer.from('x'), bytes.toString(), corpus.SIGNERS, NOW);
        throw new TypeError('an untrusted signature was accepted');
      },
    },
  ];
}
