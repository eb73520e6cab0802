import { describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { SecretProvider } from '../../src/secrets/provider.ts';
import type { ListedSecret } from '../../src/secrets/providers/provider-kind.ts';

/** A provider with a way to change its secrets. */
export interface ProviderUnderTest {
  readonly provider: SecretProvider;
  /**
   * Whether the provider can have a secret at this path; it rejects other paths. Default: any path.
   */
  readonly holds?: (path: readonly string[]) => boolean;
  /** Stores a value at `path`; undefined removes it. */
  readonly put: (path: readonly string[], value: string | undefined) => Promise<void>;
  /** Lists its secrets; absent for a provider that cannot. */
  readonly list?: () => Promise<readonly ListedSecret[] | undefined>;
}

/** The contract of every secret provider. */
export function secretProviderContract(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as a secret provider`, () => {
    it('returns the stored value', async () => {
      const { provider, put } = await open();
      await put(['db', 'main', 'password'], 'correct horse');
      expect((await provider.read(['db', 'main', 'password'], NEVER))?.reveal()).toBe(
        'correct horse',
      );
    });

    it('returns undefined for an unknown path, also next to and below a known one', async () => {
      const { provider, put } = await open();
      expect(await provider.read(['nothing'], NEVER)).toBeUndefined();
      await put(['db', 'password'], 'correct horse');
      for (const path of [
        ['db'],
        ['db', 'passwor'],
        ['db', 'password', 'x'],
        ['password'],
        ['other', 'password'],
      ])
        expect(await provider.read(path, NEVER)).toBeUndefined();
    });

    it('returns the newest value, under a new version, without being opened again', async () => {
      const { provider, put } = await open();
      await put(['rotating'], 'the first value');
      const first = await provider.read(['rotating'], NEVER);
      const again = await provider.read(['rotating'], NEVER);
      await put(['rotating'], 'the second value');
      const second = await provider.read(['rotating'], NEVER);
      expect([first?.reveal(), second?.reveal()]).toEqual(['the first value', 'the second value']);
      expect(first?.version).toBe(again?.version);
      expect(second?.version).not.toBe(first?.version);
    });

    it('returns undefined after the value was removed', async () => {
      const { provider, put } = await open();
      await put(['leaving'], 'still there');
      await put(['leaving'], undefined);
      expect(await provider.read(['leaving'], NEVER)).toBeUndefined();
    });

    it.each([
      ['spaces around it', '  inner value  '],
      ['quotes, escapes and percent signs', '"\\\'%s%20${x}'],
      ['letters beyond ASCII', 'пароль-密码-🔑'],
      ['several lines', '-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----'],
      ['the form of a reference', 'secret:/another/secret'],
    ])('returns a value with %s unchanged', async (_what, value) => {
      const { provider, put } = await open();
      await put(['exact'], value);
      expect((await provider.read(['exact'], NEVER))?.reveal()).toBe(value);
    });

    it('removes a byte order mark at the start of a value', async () => {
      const { provider, put } = await open();
      await put(['marked'], '\ufeffPass-word-1');
      expect((await provider.read(['marked'], NEVER))?.reveal()).toBe('Pass-word-1');
    });

    it('reveals no value in its version or when printed', async () => {
      const { provider, put } = await open();
      await put(['printed'], 'never-on-paper');
      const secret = await provider.read(['printed'], NEVER);
      expect(`${secret?.version} ${String(secret)} ${JSON.stringify({ secret })}`).not.toContain(
        'never-on-paper',
      );
    });

    it('lists the paths of its secrets, without values, if it can', async () => {
      const { put, list } = await open();
      if (list === undefined) return;
      expect(await list()).toEqual([]);
      const paths = [['top'], ['db', 'main', 'password']];
      for (const path of paths) await put(path, 'never-on-paper');
      await put(['gone'], 'never-on-paper');
      await put(['gone'], undefined);
      const listed = await list();
      expect(new Set(listed)).toEqual(new Set(paths.map((path) => ({ path }))));
      expect(JSON.stringify(listed)).not.toContain('never-on-paper');
    });

    it('serves many readers at the same time', async () => {
      const { provider, put } = await open();
      await put(['busy'], 'same for all');
      const values = await Promise.all(
        Array.from({ length: 50 }, () => provider.read(['busy'], NEVER)),
      );
      expect(new Set(values.map((secret) => secret?.reveal()))).toEqual(new Set(['same for all']));
    });

    it('reads every path of the reference grammar, or rejects it when it has another spelling', async () => {
      const { provider, put, holds = () => true } = await open();
      for (const path of [
        ['a'],
        ['a-b', '0'],
        ['A-b_c', '0'],
        ['A-b_c.d', '0'],
        ['a.b'],
        ['a_'],
        ['-a'],
        Array.from({ length: 8 }, (_, index) => `s${index}`),
        ['x'.repeat(64)],
      ]) {
        if (!holds(path)) {
          await expect(provider.read(path, NEVER)).rejects.toMatchObject({
            code: 'SECRET_UNAVAILABLE',
          });
          continue;
        }
        await put(path, `value of ${path.length}`);
        expect((await provider.read(path, NEVER))?.reveal()).toBe(`value of ${path.length}`);
      }
    });
  });
}
