import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, dial, newKey, sayHello, type Connection, type Identity } from './fake-runner.ts';
import { eventually, openStage, temporaryFolder, type Stage } from './stage.ts';

const features = ['zstd', 'key-rotation', 'audit-heads'];

let folder: ReturnType<typeof temporaryFolder>;
let stage: Stage;
let old: Identity;
let renewed: Identity;
let connection: Connection;

beforeEach(async () => {
  folder = temporaryFolder();
  stage = await openKept();
  old = await stage.enroll();
  renewed = { runnerId: old.runnerId, key: newKey().key };
  ({ connection } = await connect('ws', stage, old, { features }));
});
afterEach(async () => {
  await stage.close();
  folder.remove();
});

const openKept = (): Promise<Stage> =>
  openStage({}, { path: folder.path, remove: () => undefined });

const raw = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32);

interface Signers {
  readonly session?: KeyObject;
  readonly by?: KeyObject;
  readonly proofBy?: KeyObject;
}

function propose(
  to: KeyObject,
  { session = old.key, by = session, proofBy = to }: Signers = {},
): void {
  const context = Buffer.from(`hybrid-runner/key/v1\n${old.runnerId}\n`);
  const message = Buffer.concat([context, raw(session), raw(to)]);
  connection.send('keyProposal', {
    publicKey: raw(to),
    signature: sign(null, message, by),
    proof: sign(null, message, proofBy),
  });
}

async function isWelcome(identity: Identity): Promise<boolean> {
  const trial = await dial('ws', stage);
  await sayHello(trial, identity, stage, { protocol: 0 });
  const { code } = await trial.take<{ code: string }>('refusal');
  return code === 'PROTOCOL_UNSUPPORTED';
}

async function keySince(): Promise<number> {
  const { runners } = (await stage.api.get('/api/v1/runners')).body;
  return runners[0].keySince;
}

describe('the key of an identity', () => {
  it('is replaced by the first hello with the new one; until then both are valid', async () => {
    const since = await keySince();
    propose(renewed.key);
    const { publicKey } = await connection.take<{ publicKey: Buffer }>('keyAccepted');
    expect(publicKey).toEqual(raw(renewed.key));
    for (const identity of [old, renewed, old]) expect(await isWelcome(identity)).toBe(true);
    expect(await keySince()).toBe(since);
    connection.close();
    await stage.close();
    stage = await openKept();
    for (const identity of [old, renewed]) expect(await isWelcome(identity)).toBe(true);
    ({ connection } = await connect('grpc', stage, renewed, { features }));
    expect([await isWelcome(old), await isWelcome(renewed)]).toEqual([false, true]);
    expect(await keySince()).toBeGreaterThan(since);
  });

  it('may be proposed again, or another one instead, as long as it is not used', async () => {
    const other = { runnerId: old.runnerId, key: newKey().key };
    for (const { key } of [renewed, renewed, other]) {
      propose(key);
      await connection.take('keyAccepted');
    }
    expect([await isWelcome(old), await isWelcome(renewed), await isWelcome(other)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is not replaced without signatures of the present key and the new one', async () => {
    const stranger = newKey().key;
    propose(stranger, { by: stranger });
    propose(renewed.key, { proofBy: stranger });
    propose(renewed.key, { session: stranger });
    connection.send('keyProposal', { publicKey: Buffer.alloc(5) });
    propose(old.key);
    const { publicKey } = await connection.take<{ publicKey: Buffer }>('keyAccepted');
    expect(publicKey).toEqual(raw(old.key));
    expect(await isWelcome({ ...old, key: stranger })).toBe(false);
    expect([await isWelcome(renewed), await isWelcome(old)]).toEqual([false, true]);
  });

  it('that a copied machine still has is worth nothing once it was replaced', async () => {
    propose(renewed.key);
    await connection.take('keyAccepted');
    connection.close();
    ({ connection } = await connect('ws', stage, renewed, { features, bootId: 'second' }));
    const copy = await dial('ws', stage);
    await sayHello(copy, old, stage, { features, bootId: 'copy' });
    expect(await copy.take('refusal')).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('signs audit heads while it is accepted and not used yet', async () => {
    propose(renewed.key);
    await connection.take('keyAccepted');
    const hash = 'a'.repeat(64);
    const message = Buffer.from(`hybrid-runner/audit-head/v1\n${old.runnerId}\n1\n${hash}\n`);
    connection.send('auditHead', { number: 1, hash, signature: sign(null, message, renewed.key) });
    const path = `/api/v1/runners/${old.runnerId}/audit-heads`;
    const heads = await eventually(async () => {
      const kept = (await stage.api.get(path)).body.heads;
      return kept.length > 0 && kept;
    });
    expect(heads).toMatchObject([{ publicKey: raw(renewed.key).toString('base64') }]);
  });
});
