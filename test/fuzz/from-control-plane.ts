import { isTraceparent } from '../../foundation/src/domain/traceparent.ts';
import { parseRetryAfter } from '../../foundation/src/network/retry-after.ts';
import { type FrameCodec } from '../../src/channel/codec.ts';
import { MessageSplitter, prefixed } from '../../src/channel/grpc-messages.ts';
import { toAttemptRef } from '../../src/link/connection/frame-fields.ts';
import { toJob } from '../../src/link/session/offered-job.ts';
import { parseCompactJws } from '../../src/policy/signatures/compact-jws.ts';
import { parseStatement } from '../../src/policy/signatures/statement.ts';
import { formatReference, parseReference } from '../../src/secrets/reference.ts';
import { scanForSecrets } from '../../src/secrets/scan.ts';
import { parseJobDocument } from '../../src/worker/job-document.ts';
import { policyOf } from '../support/policy.ts';
import * as corpus from './corpus.ts';
import type { Target } from './fuzz.ts';
import { partialFrames } from './partial-frames.ts';

const { texts, json } = corpus;
const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

export function fromControlPlane(codec: FrameCodec): readonly Target[] {
  return [
    {
      name: 'frames of a control plane',
      corpus: framesToRunner(codec),
      read: (bytes) => {
        const decoded = codec.decode(bytes);
        if (decoded.kind !== 'offer') return decoded.kind;
        const { kind, signature } = toJob(toAttemptRef(decoded.body.ref), decoded.body, DAY_MS);
        return `${kind} ${signature === undefined}`;
      },
    },
    {
      name: 'gRPC messages',
      corpus: [Buffer.concat([...prefixed([Buffer.from('a')]), ...prefixed([Buffer.alloc(300)])])],
      read: (bytes) => {
        const splitter = new MessageSplitter(1024);
        const half = Math.floor(bytes.length / 2);
        const chunks = [bytes.subarray(0, half), bytes.subarray(half)];
        return String(chunks.flatMap((chunk) => [...splitter.push(chunk)]).length);
      },
    },
    {
      name: 'jobs and the references in them',
      corpus: json(corpus.WORKFLOW),
      read: (bytes) => {
        const { document } = parseJobDocument(bytes.toString());
        return String(scanForSecrets(document, SCAN)[0]?.length);
      },
    },
    {
      name: 'references',
      corpus: texts('secret:/salesforce/prod/password', 'secret:/a'),
      read: (bytes) => {
        const path = parseReference(bytes.toString());
        if (path !== undefined && formatReference(path) !== bytes.toString())
          throw new TypeError('one secret has two references');
        return String(path?.length);
      },
    },
    {
      name: 'signatures of jobs',
      corpus: texts(corpus.jws()),
      read: (bytes) => String(parseCompactJws(bytes.toString()).payload.length > 0),
    },
    {
      name: 'signed statements',
      corpus: texts(corpus.STATEMENT),
      read: (bytes) => parseStatement(bytes).kind,
    },
    {
      name: 'headers',
      corpus: texts(
        '120',
        'Wed, 21 Oct 2026 07:28:00 GMT',
        `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
      ),
      read: (bytes) => {
        const text = bytes.toString('latin1');
        const pause = parseRetryAfter(text, NOW, 60_000);
        if (pause !== undefined && !(pause >= 0 && pause <= 60_000)) throw new TypeError('pause');
        return `${pause === undefined} ${isTraceparent(text)}`;
      },
    },
  ];
}

const SCAN = {
  places: [
    {
      at: 'source.serviceConnection.config',
      fields: ['password', 'securityToken', 'sslConfig.caCertificate'],
      fileFields: ['sslConfig.caCertificate'],
    },
  ],
  policy: policyOf('{version: 1, plainTextSecrets: allow}'),
};

function framesToRunner(codec: FrameCodec): Buffer[] {
  const { frame } = partialFrames(codec);
  const ref = { runId: 'run-1', attempt: 1, epoch: 7 };
  const workflow = Buffer.from('{}');
  return [
    frame('ack', { ref, upTo: 120 }),
    frame('offer', { ref, kind: 'metadata', workflow, leaseTtlMs: 60_000, deadlineMs: 1000 }),
    frame('refusal', { code: 'BUSY', message: 'x', retryAfterMs: 1 }),
    frame('challenge', { nonce: Buffer.alloc(32), features: ['zstd'] }),
    frame('welcome', { positions: [{ ref, storedSequence: 7 }], creditBytes: 1024, auditHead: 9 }),
    frame('heartbeatReply', { number: 3, renewed: [{ ref, ttlMs: 60_000 }], lost: [ref] }),
    frame('nack', { ref, expectedSequence: 12, message: 'out of order' }),
    frame('cancel', { ref, reason: 'asked to' }),
    frame('drain', { reason: 'maintenance' }),
    frame('identityCheck', { number: 2, platform: 'linux', version: '0.1.0' }),
    frame('keyAccepted', { publicKey: Buffer.alloc(32) }),
  ];
}
