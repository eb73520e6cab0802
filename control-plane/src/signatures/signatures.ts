/**
 * Signatures of the customer over jobs. Invariants:
 * - The control plane stores and passes them, and has no key to make or verify one.
 * - A signature outlives a change of the definition: the view says that it no longer matches.
 */
import { existingPipeline, existingService } from '../definitions/existing.ts';
import type { Deps } from '../deps.ts';
import { workflowOf } from '../runs/workflow.ts';
import { TEST_OPTIONS } from '../runs/start-run.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { SignatureSubject, StoredSignature } from '../store/signature.ts';
import type { StoreReader } from '../store/store.ts';
import { parseSignature } from './parse.ts';
import {
  digestOfWorkflow,
  summarize,
  type Statements,
  type StatementSummary,
} from './statements.ts';
import type { Json } from '../runtime/json.ts';

type Definitions = Pick<StoreReader, 'definitions' | 'deployments'>;

export interface SignatureView {
  readonly subject: SignatureSubject;
  /** Of the pipeline or service. */
  readonly name: string;
  readonly keyId: string;
  /** What the signer called it. */
  readonly title: string;
  readonly audience: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly storedAt: number;
  readonly state: 'matches' | 'differs' | 'notYetValid' | 'expired';
}

/**
 * The workflow document that the customer signs for the runs of a pipeline, or for the connection
 * tests of a service. Throws NOT_FOUND.
 */
export async function workflowToSign(
  reader: Definitions,
  subject: SignatureSubject,
  name: string,
): Promise<Json> {
  const pipeline = subject === 'pipeline' ? await existingPipeline(reader, name) : undefined;
  const service = await existingService(reader, pipeline?.service ?? name);
  const { pipelineRunId: _ofOneRun, ...workflow } = workflowOf(
    service,
    pipeline ?? TEST_OPTIONS,
    '',
  ) as Json;
  const deployment = pipeline && (await reader.deployments.ofPipeline(pipeline.name));
  return deployment === undefined
    ? workflow
    : { ...workflow, ingestionPipelineFQN: deployment.fqn };
}

/** Throws NOT_FOUND, and INPUT_INVALID for a signature of another kind of job. */
export async function saveSignature(
  deps: Deps,
  subject: SignatureSubject,
  name: string,
  jws: string,
): Promise<SignatureView> {
  const statement = parseSignature(jws);
  const { kind } = statement;
  const expected = subject === 'pipeline' ? 'metadata' : 'test_connection';
  if (kind !== expected)
    throw new ControlPlaneError('INPUT_INVALID', `the signature is for jobs of kind ${kind}`, {
      remedy: `Sign with --kind ${expected}.`,
    });
  const { store, clock } = deps;
  return store.transaction(async (tx) => {
    await workflowToSign(tx, subject, name);
    const stored = { subject, name, jws, storedAt: clock.now() };
    await tx.signatures.save(stored);
    return viewOf(tx, stored, summarize(statement), clock.now());
  });
}

/** Throws NOT_FOUND. */
export async function removeSignature(
  { store }: Deps,
  subject: SignatureSubject,
  name: string,
): Promise<void> {
  await store.transaction(async (tx) => {
    await existingSignature(tx, subject, name);
    await tx.signatures.delete(subject, name);
  });
}

interface ViewDeps {
  readonly store: { readonly read: Definitions & Pick<StoreReader, 'signatures'> };
  readonly clock: Pick<Deps['clock'], 'now'>;
}

export async function viewSignatures(
  { store, clock }: ViewDeps,
  statements: Statements,
): Promise<readonly SignatureView[]> {
  const stored = await store.read.signatures.list();
  const summaries = statements.ofAll(stored);
  const views = stored.map(async (one, index) => {
    const summary = summaries[index];
    return summary && viewOf(store.read, one, summary, clock.now()).catch(leftOut);
  });
  return (await Promise.all(views)).filter((view) => view !== undefined);
}

/** What was signed may be deleted, with its signature, between two reads. */
function leftOut(thrown: unknown): undefined {
  if (thrown instanceof ControlPlaneError && thrown.code === 'NOT_FOUND') return;
  throw thrown;
}

async function existingSignature(
  reader: Pick<StoreReader, 'signatures'>,
  subject: SignatureSubject,
  name: string,
): Promise<StoredSignature> {
  const found = await reader.signatures.get(subject, name);
  if (found !== undefined) return found;
  throw new ControlPlaneError('NOT_FOUND', `${subject} ${name} is not signed`);
}

async function viewOf(
  reader: Definitions,
  { subject, name, storedAt }: StoredSignature,
  { workflowDigest, keyId, name: title, aud: audience, nbf, exp }: StatementSummary,
  now: number,
): Promise<SignatureView> {
  const [notBefore, notAfter] = [nbf * 1_000, exp * 1_000];
  const present = digestOfWorkflow(await workflowToSign(reader, subject, name));
  const state = present === workflowDigest ? stateAt(now, notBefore, notAfter) : 'differs';
  return { subject, name, keyId, title, audience, notBefore, notAfter, storedAt, state };
}

function stateAt(now: number, notBefore: number, notAfter: number): SignatureView['state'] {
  if (now >= notAfter) return 'expired';
  return now < notBefore ? 'notYetValid' : 'matches';
}
