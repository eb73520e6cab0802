import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, testIdentity } from '../../../test/support/link/link-stage.ts';
import type { AuditEvent } from '../../../foundation/src/logging/audit-trail.ts';
import type { Identity } from '../enrollment/identity.ts';
import type { IdentityKeys, NewKey } from '../enrollment/rotating-identity.ts';

const features = ['key-rotation'];
const DAY = 86_400_000;

let stage: LinkStage;
let recorded: AuditEvent[];
afterEach(() => stage.close());

/** Keys in memory, with those that a control plane may know. */
class Keys implements IdentityKeys {
  readonly old = testIdentity();
  readonly renewed = testIdentity();
  inUse: Identity = this.old;
  due: number = DAY;
  failure: Error | undefined;
  welcomes = 0;

  identity(): Identity {
    return {
      ...this.old,
      sign: (message) => this.inUse.sign(message),
    };
  }

  dueInMs(): number {
    return this.inUse === this.old ? this.due : DAY;
  }

  async propose(): Promise<NewKey> {
    if (this.failure !== undefined) throw this.failure;
    const publicKey = Buffer.from(this.renewed.publicKey, 'base64');
    return { publicKey, signature: Buffer.alloc(64), proof: Buffer.alloc(64) };
  }

  async accepted(): Promise<boolean> {
    this.inUse = this.renewed;
    return true;
  }

  async welcomed(): Promise<void> {
    this.welcomes += 1;
  }

  rejected(): boolean {
    if (this.inUse === this.old) return false;
    this.inUse = this.old;
    return true;
  }
}

async function connected(keys: Keys, offered = features): Promise<void> {
  recorded = [];
  const trail = { record: async (event: AuditEvent) => void recorded.push(event) };
  stage = new LinkStage({ identity: keys.identity(), keys, trail });
  stage.controlPlane.publicKey = keys.old.publicKey;
  stage.controlPlane.challenge = { features: offered };
  stage.controlPlane.welcome = { features: offered };
  await stage.start().untilConnected();
}

const proposals = (): number =>
  stage.controlPlane.received.filter(({ kind }) => kind === 'keyProposal').length;

describe('a session', () => {
  it('proposes a key when it is due, and the next one uses it at once', async () => {
    const keys = new Keys();
    keys.due = 3 * 3_600_000;
    await connected(keys);
    await stage.until('one hour has passed', () => stage.clock.monotonic() > 3_600_000, 60_000);
    expect(proposals()).toBe(0);
    keys.due = 0;
    await stage.until('proposed', () => proposals() === 1, 60_000);
    stage.controlPlane.publicKey = keys.renewed.publicKey;
    const body = { publicKey: Buffer.from(keys.renewed.publicKey, 'base64') };
    await stage.controlPlane.send({ kind: 'keyAccepted', body });
    await stage.until('a second session', () => keys.welcomes === 2);
    expect(stage.dials).toBe(2);
    expect(stage.logger.entries.map(({ message }) => message)).not.toContain(
      'connection failed; retrying',
    );
    expect(recorded).toMatchObject([
      { event: 'identityKey', change: 'propose', publicKey: keys.renewed.publicKey },
      { event: 'identityKey', change: 'use', publicKey: keys.renewed.publicKey },
    ]);
  });

  it('proposes none to a control plane that cannot replace keys', async () => {
    const keys = new Keys();
    keys.due = 0;
    await connected(keys, ['zstd']);
    await stage.clock.advance(10_000);
    expect(proposals()).toBe(0);
  });

  it('stays if a key cannot be made, and if one is accepted that it has not proposed', async () => {
    const keys = new Keys();
    keys.due = 0;
    keys.failure = new Error('disk full');
    await connected(keys);
    const body = { publicKey: Buffer.from(keys.renewed.publicKey, 'base64') };
    await stage.controlPlane.send({ kind: 'keyAccepted', body });
    await stage.clock.advance(10_000);
    expect([keys.inUse === keys.old, stage.dials, stage.connected]).toEqual([true, 1, true]);
    expect(stage.logger.entries).toContainEqual(
      expect.objectContaining({ message: 'failed to replace the identity key' }),
    );
    keys.failure = undefined;
    await stage.until('proposed', () => proposals() === 1, 60_000);
  });

  it('tries an earlier key if the present one is rejected, and ends if none is left', async () => {
    const keys = new Keys();
    keys.inUse = keys.renewed;
    await connected(keys);
    expect([stage.dials, keys.inUse === keys.old]).toEqual([2, true]);
    stage.controlPlane.publicKey = testIdentity().publicKey;
    await stage.controlPlane.channel.close('gone');
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended).toMatchObject({ error: { code: 'SIGNATURE_INVALID' } });
  });
});
