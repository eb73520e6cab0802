import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/signatures/canonical-json.ts';
import { parseStored } from '../src/signatures/parse.ts';
import { viewSignatures } from '../src/signatures/signatures.ts';
import { Statements } from '../src/signatures/statements.ts';
import { connect, type Ref } from './fake-runner.ts';
import { openStage, prepareCatalog, SERVICE, type Stage } from './stage.ts';

const PIPELINE = '/api/v1/pipelines/sandbox_metadata';
const TESTED = '/api/v1/services/sandbox';
const KEY = generateKeyPairSync('ed25519').privateKey;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await prepareCatalog(stage.api);
  for (const path of [PIPELINE, TESTED]) await stage.api.delete(`${path}/signature`);
});

interface Statement {
  readonly workflow: unknown;
  readonly kind?: string;
  readonly exp?: number;
}

/** `more` are fields of the header. */
function signatureOf(
  { workflow, kind = 'metadata', exp, ...others }: Statement & Readonly<Record<string, unknown>>,
  more: object = {},
  write: (value: unknown) => string = canonicalJson,
): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object): string => Buffer.from(write(value)).toString('base64url');
  const statement = {
    aud: ['pool:default'],
    nbf: now - 60,
    exp: exp ?? now + 60,
    kind,
    name: 'nightly',
    workflow,
    ...others,
  };
  const header = { alg: 'EdDSA', kid: 'key-1', typ: 'hybrid-runner-job', ...more };
  const input = `${part(header)}.${part(statement)}`;
  return `${input}.${sign(null, Buffer.from(input), KEY).toString('base64url')}`;
}

const workflowOf = async (path: string): Promise<unknown> =>
  (await stage.api.get(`${path}/workflow`)).body;

async function store(path: string, kind?: string): Promise<string> {
  const workflow = await workflowOf(path);
  const signature = signatureOf({ workflow, ...(kind === undefined ? {} : { kind }) });
  expect((await stage.api.put(`${path}/signature`, { signature })).status).toBe(200);
  return signature;
}

async function states(): Promise<readonly string[]> {
  const { signatures } = (await stage.api.get('/api/v1/signatures')).body as {
    signatures: { subject: string; state: string }[];
  };
  return signatures.map(({ subject, state }) => `${subject} ${state}`);
}

describe('a signature', () => {
  it('is shown with its key, its audience and its validity', async () => {
    const workflow = await workflowOf(PIPELINE);
    const { body } = await stage.api.put(`${PIPELINE}/signature`, {
      signature: signatureOf({ workflow }),
    });
    expect(body).toMatchObject({
      subject: 'pipeline',
      name: 'sandbox_metadata',
      keyId: 'key-1',
      title: 'nightly',
      audience: ['pool:default'],
      state: 'matches',
    });
  });

  it('no longer matches a definition that was changed, and does again when it is changed back', async () => {
    await store(PIPELINE);
    const change = (username: string) =>
      stage.api.put(
        TESTED,
        { ...SERVICE, connection: { ...SERVICE.connection, username } },
        { 'if-match': '*' },
      );
    await change('other@acme.example');
    expect(await states()).toEqual(['pipeline differs']);
    await change(SERVICE.connection.username);
    expect(await states()).toEqual(['pipeline matches']);
  });

  it('is shown as expired', async () => {
    const signature = signatureOf({ workflow: await workflowOf(PIPELINE), exp: 1_000 });
    await stage.api.put(`${PIPELINE}/signature`, { signature });
    expect(await states()).toEqual(['pipeline expired']);
  });

  it('is deleted alone, and with what it is of', async () => {
    await store(PIPELINE);
    await store(TESTED, 'test_connection');
    expect(await states()).toEqual(['pipeline matches', 'service matches']);
    expect((await stage.api.delete(`${TESTED}/signature`)).status).toBe(204);
    expect((await stage.api.delete(`${TESTED}/signature`)).status).toBe(404);
    await stage.api.delete(PIPELINE);
    expect(await states()).toEqual([]);
    await prepareCatalog(stage.api);
    await store(PIPELINE);
    await store(TESTED, 'test_connection');
    await stage.api.delete(TESTED);
    expect(await states()).toEqual([]);
  });

  it.each([
    ['no signature', 'signature', 400],
    ['one of another algorithm', 'eyJhbGciOiJub25lIn0.e30.', 400],
    ['one that has only two parts', 'eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.e30', 400],
  ])('is not stored if it is %s', async (_what, signature, status) => {
    const answer = await stage.api.put(`${PIPELINE}/signature`, { signature });
    expect([answer.status, await states()]).toEqual([status, []]);
  });

  it.each([
    ['that ends after the last date', { exp: 253_402_300_800 }, {}],
    ['with a field that runners do not know', { maxRuns: 1 }, {}],
    ['of another type', {}, { typ: 'JWT' }],
    ['with a key in its header', {}, { jwk: {} }],
    ['for nobody', { aud: [] }, {}],
  ])('is not stored if no runner would read it: one %s', async (_what, statement, header) => {
    const workflow = await workflowOf(PIPELINE);
    const signature = signatureOf({ workflow, ...statement }, header);
    const answer = await stage.api.put(`${PIPELINE}/signature`, { signature });
    expect([answer.status, await states()]).toEqual([400, []]);
  });

  it('is not stored if its text is not the canonical one', async () => {
    const statement = { workflow: await workflowOf(PIPELINE) };
    const signature = signatureOf(statement, {}, (value) => JSON.stringify(value, null, 1));
    const answer = await stage.api.put(`${PIPELINE}/signature`, { signature });
    expect([answer.status, await states()]).toEqual([400, []]);
  });

  it.each([
    ['of what is deleted while the list is made', {}],
    ['that an earlier version stored and no runner reads', { exp: 9e15 }],
  ])('is left out of the list: one %s', async (_what, statement) => {
    const jws = signatureOf({ workflow: {}, ...statement });
    const stored = { subject: 'pipeline' as const, name: 'gone', jws, storedAt: 0 };
    const read = {
      signatures: { list: async () => [stored] },
      definitions: { pipeline: async () => undefined, service: async () => undefined },
    } as unknown as Parameters<typeof viewSignatures>[0]['store']['read'];
    const views = await viewSignatures(
      { store: { read }, clock: { now: () => 0 } },
      new Statements(),
    );
    expect(views).toEqual([]);
  });

  it('is read once, however often it is listed, and again when it was replaced', () => {
    const read: string[] = [];
    const statements = new Statements((jws) => (read.push(jws), parseStored(jws)));
    const one = { jws: signatureOf({ workflow: { source: 1 } }) };
    const other = { jws: signatureOf({ workflow: { source: 2 } }) };
    const lists = [[one, other], [one, other], [other], [one]];
    const digests = lists.map((list) => statements.ofAll(list).map((each) => each?.workflowDigest));
    expect(read).toEqual([one.jws, other.jws, one.jws]);
    const [a, b] = digests[0]!;
    expect(digests).toEqual([[a, b], [a, b], [b], [a]]);
    expect(a).not.toBe(b);
  });

  it('is not stored for another kind of job, or for what does not exist', async () => {
    const signature = signatureOf({ workflow: {}, kind: 'test_connection' });
    expect((await stage.api.put(`${PIPELINE}/signature`, { signature })).body).toMatchObject({
      error: { code: 'INPUT_INVALID', remedy: 'Sign with --kind metadata.' },
    });
    const path = '/api/v1/pipelines/unknown';
    expect((await stage.api.get(`${path}/workflow`)).status).toBe(404);
    const other = signatureOf({ workflow: {} });
    expect((await stage.api.put(`${path}/signature`, { signature: other })).status).toBe(404);
  });
});

it('is offered with each run of its pipeline, and each test of its service', async () => {
  const signatures = [await store(PIPELINE), await store(TESTED, 'test_connection')];
  const { connection } = await connect('ws', stage, await stage.enroll());
  await stage.api.post(`${PIPELINE}/runs`);
  await stage.api.post(`${TESTED}/test-connection`);
  interface Offered {
    readonly ref: Ref;
    readonly kind: string;
    readonly signature: string;
    readonly workflow: Buffer;
  }
  const offers = [await connection.take<Offered>('offer'), await connection.take<Offered>('offer')];
  const inOrder = offers.toSorted((a, b) => a.kind.localeCompare(b.kind));
  expect(inOrder.map(({ signature }) => signature)).toEqual(signatures);
  for (const { workflow, signature } of offers) {
    const { pipelineRunId: _runId, ...offered } = JSON.parse(workflow.toString()) as {
      pipelineRunId: string;
    };
    const payload = Buffer.from(signature.split('.')[1]!, 'base64url').toString();
    expect((JSON.parse(payload) as { workflow: unknown }).workflow).toEqual(offered);
  }
  connection.close();
});
