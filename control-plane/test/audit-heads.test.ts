import { createHash, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, newKey, type Connection, type Identity } from './fake-runner.ts';
import { eventually, openStage, type Stage } from './stage.ts';

const features = ['zstd', 'audit-heads'];

let stage: Stage;
let identity: Identity;
let connection: Connection;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  identity = await stage.enroll();
  ({ connection } = await connect('ws', stage, identity, { features }));
});

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function send(number: number, of: string, previous = 0, previousOf?: string, by = identity): void {
  const hash = hashOf(of);
  const message = `hybrid-runner/audit-head/v1\n${identity.runnerId}\n${number}\n${hash}\n`;
  const signature = sign(null, Buffer.from(message), by.key);
  const previousHash = previousOf === undefined ? '' : hashOf(previousOf);
  const body = { number, hash, signature, previousNumber: previous, previousHash };
  connection.send('auditHead', body);
}

interface Shown {
  readonly id: string;
  readonly condition: string;
  readonly conditionMessage: string;
  readonly auditHead: { readonly number: number } | null;
  readonly auditProblem: string | null;
}

async function shown(): Promise<Shown> {
  const { runners } = (await stage.api.get('/api/v1/runners')).body as { runners: Shown[] };
  return runners.find(({ id }) => id === identity.runnerId)!;
}

const path = (): string => `/api/v1/runners/${identity.runnerId}/audit-heads`;

async function changedTrails(): Promise<number> {
  const { text } = await stage.api.get('/api/v1/metrics');
  return Number(/^hybrid_control_plane_audit_trails_changed (\d+)$/m.exec(text)?.[1]);
}

async function heads(count: number): Promise<{ number: number; problem: string | null }[]> {
  return eventually(async () => {
    const kept = (await stage.api.get(path())).body.heads;
    return kept.length === count && kept;
  });
}

describe('audit heads of a runner', () => {
  it('are kept with their key, and named to the next connection', async () => {
    send(3, 'c');
    send(5, 'e', 3, 'c');
    send(5, 'e', 3, 'c');
    send(6, 'f', 5, 'e');
    expect(await heads(3)).toMatchObject([
      { number: 3, hash: hashOf('c'), problem: null, publicKey: expect.stringMatching(/=$/) },
      { number: 5, problem: null },
      { number: 6, problem: null },
    ]);
    expect(await shown()).toMatchObject({
      auditHead: { number: 6 },
      auditProblem: null,
      condition: '',
    });
    connection.close();
    const again = await connect('grpc', stage, identity, { features });
    expect(again.welcome).toMatchObject({ auditHead: 6, features });
  });

  it.each([
    ['ends earlier', () => send(4, 'd', 5), 'ends with line 4, but line 5 had'],
    ['forks at the line', () => send(5, 'x', 5, 'x'), 'line 5 is not the one'],
    ['forks before the line', () => send(9, 'y', 5, 'x'), 'line 5 is not the one'],
    [
      'has lost the line',
      () => send(9, 'y', 5),
      'line 5, which had been signed before, is missing',
    ],
  ])('raise an alarm if the trail %s, until it is acknowledged', async (_what, next, problem) => {
    send(5, 'e');
    next();
    expect((await heads(2))[1]).toMatchObject({ problem: expect.stringContaining(problem) });
    expect(await shown()).toMatchObject({
      condition: 'AUDIT_TRAIL_CHANGED',
      conditionMessage: expect.stringContaining('audit verify --heads FILE'),
      auditProblem: expect.stringContaining(problem),
    });
    expect(await changedTrails()).toBe(1);
    const answer = await stage.api.post(`${path()}/acknowledge`);
    expect(await changedTrails()).toBe(0);
    expect(answer.body).toMatchObject({ condition: '', auditProblem: null });
    const [, acknowledged] = await heads(2);
    expect(acknowledged).toMatchObject({ acknowledgedAt: expect.any(Number) });
  });

  it('are compared with the newer one after an alarm', async () => {
    send(5, 'e');
    send(2, 'b', 5);
    send(7, 'g', 2, 'b');
    expect((await heads(3)).map(({ problem }) => problem === null)).toEqual([true, false, true]);
    expect((await shown()).auditProblem).toContain('line 5');
  });

  it('that its identity has not signed are ignored', async () => {
    send(5, 'e', 0, undefined, { ...identity, key: newKey().key });
    send(1, 'a');
    expect(await heads(1)).toMatchObject([{ number: 1 }]);
  });

  it('of an unknown runner are not found', async () => {
    for (const answer of [
      await stage.api.get('/api/v1/runners/rnr_x/audit-heads'),
      await stage.api.post('/api/v1/runners/rnr_x/audit-heads/acknowledge'),
    ])
      expect(answer.status).toBe(404);
  });
});
