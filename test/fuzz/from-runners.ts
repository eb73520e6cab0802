import { crc32 } from 'node:zlib';
import { decode, decodeStatement } from '../../control-plane/src/link/codec.ts';
import { parseRecord, unpack } from '../../control-plane/src/link/batch.ts';
import { parseIngestionPipeline } from '../../control-plane/src/openmetadata/deployments/payload.ts';
import { parseSignature } from '../../control-plane/src/signatures/parse.ts';
import { type FrameCodec } from '../../src/channel/codec.ts';
import * as corpus from './corpus.ts';
import type { Target } from './fuzz.ts';
import { partialFrames } from './partial-frames.ts';
import { valueIn } from './value-in.ts';

const { texts, json } = corpus;

export function fromRunners(codec: FrameCodec): readonly Target[] {
  const { frame, statement } = partialFrames(codec);
  const ref = { runId: 'run-1', attempt: 1, epoch: 7 };
  const payload = Buffer.from('{"kind":"log"}\n');
  const batch = {
    ref,
    firstSequence: 1,
    count: 1,
    codec: 'CODEC_NONE' as const,
    payload,
    rawBytes: payload.length,
    crc32: crc32(payload),
  };
  return [
    {
      name: 'frames of a runner',
      corpus: [
        frame('batch', batch),
        frame('accept', { ref }),
        frame('heartbeat', { number: 1, leases: [ref] }),
        frame('hello', { statement: Buffer.from('statement'), signature: Buffer.alloc(64) }),
        frame('progress', { ref, phase: 'describe', done: 3, total: 10, apiCalls: 4 }),
        frame('reject', { ref, code: 'DISK_FULL', message: 'the disk is full', permanent: true }),
        frame('auditHead', { number: 4, hash: 'a'.repeat(64), signature: Buffer.alloc(64) }),
        frame('keyProposal', { publicKey: Buffer.alloc(32), signature: Buffer.alloc(64) }),
      ],
      read: (bytes) => {
        const frame = decode(bytes);
        if (frame?.kind !== 'batch') return String(frame?.kind);
        const unpacked = unpack(frame.body);
        return 'problem' in unpacked ? unpacked.problem : String(unpacked.lines.length);
      },
    },
    {
      name: 'statements of a runner',
      corpus: [statement({ runnerId: 'rnr', protocol: 1, held: [], features: [] })],
      read: (bytes) => String(decodeStatement(bytes).held.length),
    },
    {
      name: 'records',
      corpus: json(
        { kind: 'log', level: 'info', message: 'x' },
        { kind: 'entity', entityType: 'table', entity: { name: 'a' } },
      ),
      read: (bytes) => parseRecord(bytes.toString()).kind,
    },
    {
      name: 'signatures shown by the console',
      corpus: texts(corpus.jws()),
      read: (bytes) => parseSignature(bytes.toString()).kind,
    },
    {
      name: 'deployments of OpenMetadata',
      corpus: json(corpus.PIPELINE),
      read: (bytes) => parseIngestionPipeline(valueIn(bytes)).pipelineType.slice(0, 20),
    },
  ];
}
