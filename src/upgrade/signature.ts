import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/*
 * Verifies the OpenSSH signature of a release: PROTOCOL.sshsig and PROTOCOL.u2f in OpenSSH. What
 * must never break: only an Ed25519 key of the signers' file, valid now and for this namespace, is
 * trusted, and only for a signature of exactly these bytes. One in a security key must have been
 * touched.
 */

const NAMESPACE = 'hybrid-runner-release';
const MAGIC = 'SSHSIG';
const KEY_TYPES = ['ssh-ed25519', 'sk-ssh-ed25519@openssh.com'] as const;
type KeyType = (typeof KEY_TYPES)[number];
/** In the flags of a security key. */
const TOUCHED = 0x01;
const ARMOR =
  /^-----BEGIN SSH SIGNATURE-----\n(?<base64>[A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\s*$/;

interface Signature {
  readonly key: Buffer;
  readonly hash: string;
  readonly type: KeyType;
  readonly bytes: Buffer;
  /** Flags and counter of a security key. */
  readonly device: Buffer;
}

/** Throws UPGRADE_REFUSED. `signers` is text in the format of ssh-keygen's allowed signers. */
export function verifySignature(
  content: Buffer,
  signature: string,
  signers: string,
  now: number,
): void {
  const { key, hash, type, bytes, device } = parseSignature(signature);
  if (!trustedKeys(signers, now).some((trusted) => trusted.equals(key)))
    throw rejected('the release is signed with a key that this installation does not trust');
  const digest = createHash(hash).update(content).digest();
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    ...[NAMESPACE, '', hash].map((text) => field(Buffer.from(text))),
    field(digest),
  ]);
  const { publicKey, application } = parseKey(key, type);
  const message = type === 'ssh-ed25519' ? signed : ofDevice(application, device, signed);
  if (!verify(null, message, publicKey, bytes))
    throw rejected('the signature does not belong to these checksums');
}

function parseSignature(text: string): Signature {
  try {
    const reader = new FieldReader(Buffer.from(ARMOR.exec(text)!.groups!['base64']!, 'base64'));
    reader.expect(Buffer.from(MAGIC));
    reader.expect(Buffer.from([0, 0, 0, 1]));
    const key = reader.field();
    const namespace = reader.field().toString();
    reader.field();
    const hash = reader.field().toString();
    const signature = new FieldReader(reader.field());
    const name = signature.field().toString();
    const type = KEY_TYPES.find((known) => known === name);
    const bytes = signature.field();
    if (namespace !== NAMESPACE || type === undefined || !['sha256', 'sha512'].includes(hash))
      throw rejected('the signature is one of something else');
    return { key, hash, type, bytes, device: signature.rest() };
  } catch (thrown) {
    if (thrown instanceof RunnerError) throw thrown;
    throw rejected('the signature is damaged', thrown);
  }
}

/** Keys of lines that are for this namespace and valid now. Other lines are not understood. */
function trustedKeys(signers: string, now: number): readonly Buffer[] {
  return signers.split('\n').flatMap((line) => {
    const fields =
      /^release (?<options>\S+) (?:sk-)?ssh-ed25519(?:@openssh\.com)? (?<key>[A-Za-z0-9+/=]+)/.exec(
        line,
      )?.groups;
    if (fields === undefined) return [];
    const options = new Map(
      [...fields['options']!.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        value!,
      ]),
    );
    const known = [...options.keys()].every((name) =>
      ['namespaces', 'valid-after', 'valid-before'].includes(name),
    );
    const valid =
      known &&
      options.get('namespaces')?.split(',').includes(NAMESPACE) === true &&
      timeOf(options.get('valid-after'), 0) <= now &&
      now < timeOf(options.get('valid-before'), Infinity);
    return valid ? [Buffer.from(fields['key']!, 'base64')] : [];
  });
}

/** A date, with or without a time, as digits without separators. Any other text is never valid. */
function timeOf(text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const parts = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/.exec(text);
  if (parts === null) return NaN;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

interface ParsedKey {
  readonly publicKey: KeyObject;
  /** For which a security key made it; empty for any other key. */
  readonly application: Buffer;
}

function parseKey(blob: Buffer, type: KeyType): ParsedKey {
  const reader = new FieldReader(blob);
  reader.expect(field(Buffer.from(type)));
  const x = reader.field().toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { publicKey, application: type === 'ssh-ed25519' ? Buffer.alloc(0) : reader.field() };
}

/** What a security key signs in the place of a message. */
function ofDevice(application: Buffer, device: Buffer, message: Buffer): Buffer {
  if (device.length !== 5) throw rejected('the signature is damaged');
  if ((device[0]! & TOUCHED) === 0) throw rejected('the security key was not touched');
  return Buffer.concat([sha256(application), device, sha256(message)]);
}

function sha256(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

function field(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Reads the fields of a message of SSH: four bytes of length, then the content. */
class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  expect(content: Buffer): void {
    if (!this.#take(content.length).equals(content)) throw rejected('the signature is damaged');
  }

  field(): Buffer {
    return this.#take(this.#take(4).readUInt32BE());
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length !== length) throw rejected('the signature is damaged');
    this.#at += length;
    return taken;
  }
}

export function rejected(message: string, cause?: unknown): RunnerError {
  return new RunnerError('UPGRADE_REFUSED', message, cause === undefined ? {} : { cause });
}
