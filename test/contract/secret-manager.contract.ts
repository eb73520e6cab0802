import { describe, expect, it } from 'vitest';
import { SteppedClock } from '../support/stepped-clock.ts';
import { errorOf, type ManagerStage, never, reveal, VALUE } from './secret-manager.stage.ts';

/** The contract of every secret manager: values and where they are. */
export function secretManagerContract(name: string, stage: ManagerStage): void {
  const open = (clock = new SteppedClock(), cacheFor = '0s'): ReturnType<ManagerStage['open']> =>
    stage.open({ clock, cacheFor });

  describe(`${name} as a secret manager`, () => {
    it('returns the stored value, and undefined for a secret that is missing', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      expect([await reveal(under, under.path), await reveal(under, under.other)]).toEqual([
        VALUE,
        undefined,
      ]);
      await under.put(under.path, undefined);
      expect(await reveal(under, under.path)).toBeUndefined();
    });

    it('returns the newest value under a new version if it is rotated between two reads', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      const first = await under.manager.read(under.path, never);
      const again = await under.manager.read(under.path, never);
      await under.put(under.path, 'the second value');
      const second = await under.manager.read(under.path, never);
      expect([first?.reveal(), second?.reveal()]).toEqual([VALUE, 'the second value']);
      expect(again?.version).toBe(first?.version);
      expect(second?.version).not.toBe(first?.version);
      expect(`${first?.version} ${String(first)}`).not.toContain(VALUE);
    });

    it('keeps a value in memory for the configured time, and no longer', async () => {
      const clock = new SteppedClock();
      const under = await open(clock, '30s');
      await under.put(under.path, VALUE);
      await reveal(under, under.path);
      const before = under.requests();
      await under.put(under.path, 'the second value');
      clock.step(29_000);
      expect([await reveal(under, under.path), under.requests()]).toEqual([VALUE, before]);
      clock.step(1_500);
      expect(await reveal(under, under.path)).toBe('the second value');
    });

    it.each([
      ['spaces around it', '  inner value  '],
      ['quotes, escapes and percent signs', '"\\\'%s%20${x}{name}'],
      ['letters beyond ASCII', 'пароль-密码-🔑'],
      ['several lines', '-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----'],
      ['64 KiB', 'x'.repeat(64 * 1024)],
    ])('returns a value with %s unchanged', async (_what, value) => {
      const under = await open();
      await under.put(under.path, value);
      expect(await reveal(under, under.path)).toBe(value);
    });

    it('removes a byte order mark at the start of a value', async () => {
      const under = await open();
      await under.put(under.path, `\ufeff${VALUE}`);
      expect(await reveal(under, under.path)).toBe(VALUE);
    });

    it('rejects a value of more than 64 KiB', async () => {
      const under = await open();
      await under.put(under.path, 'x'.repeat(64 * 1024 + 1));
      expect(await errorOf(under, under.path)).toMatchObject({ code: 'SECRET_VALUE_UNUSABLE' });
    });

    it.runIf(stage.impossible?.binary === undefined)(
      'rejects a value that is not text',
      async () => {
        const under = await open();
        await under.put(under.path, Uint8Array.of(0xff, 0xfe, 0x00, 0x81));
        expect(await errorOf(under, under.path)).toMatchObject({ code: 'SECRET_VALUE_UNUSABLE' });
      },
    );

    it('says that a key is missing, if secrets have keys', async () => {
      const under = await open();
      if (under.missingKey === undefined) return;
      await under.put(under.path, VALUE);
      expect(await errorOf(under, under.missingKey)).toMatchObject({
        code: 'SECRET_VALUE_UNUSABLE',
        message: expect.stringContaining(under.missingKey.at(-1)!) as string,
      });
    });

    it('rejects every path that could mean the secret of another', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      for (const path of under.refused)
        expect([path, await errorOf(under, path)]).toMatchObject([
          path,
          { code: 'SECRET_UNAVAILABLE' },
        ]);
    });

    it('says where a path leads, without its value', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      const [one, two] = await Promise.all(
        [under.path, under.other].map((path) => under.manager.where(path)),
      );
      expect(one).not.toBe(two);
      expect(`${one}${two}`).not.toContain(VALUE);
    });

    it('protects each of its own credentials before a server receives it', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      await reveal(under, under.path);
      const { watched } = under;
      expect(watched.unprotected).toEqual([]);
      expect(watched.credentials.filter((each) => !watched.isProtected(each))).toEqual([]);
    });

    it('signs in without reading a secret', async () => {
      const under = await open();
      await under.manager.check(never);
      expect(under.requests()).toBe(0);
    });

    it('serves many readers at the same time with one request', async () => {
      const under = await open(undefined, '10s');
      await under.put(under.path, VALUE);
      const values = await Promise.all(Array.from({ length: 50 }, () => reveal(under, under.path)));
      expect(new Set(values)).toEqual(new Set([VALUE]));
      expect(under.requests()).toBe(1);
    });

    it('ends a read when its signal fires, and continues the others', async () => {
      const under = await open();
      await under.put(under.path, VALUE);
      const reason = new AbortController();
      const reading = under.manager.read(under.path, reason.signal);
      reason.abort();
      await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await reveal(under, under.path)).toBe(VALUE);
    });
  });
}
