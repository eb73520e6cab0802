import { describe, expect, it } from 'vitest';
import { assertRegularFile, assertSafe, OPEN_TO_OTHERS, WRITABLE_BY_OTHERS } from './safe-file.ts';

const self = process.getuid?.() ?? 0;
const other = self + 1;

describe.runIf(process.platform !== 'win32')('assertSafe', () => {
  it.each([
    [0o600, OPEN_TO_OTHERS, undefined],
    [0o644, WRITABLE_BY_OTHERS, undefined],
    [0o646, WRITABLE_BY_OTHERS, '/x can be changed by others (mode 646)'],
    [0o640, OPEN_TO_OTHERS, '/x can be read by others (mode 640)'],
    [0o620, OPEN_TO_OTHERS, '/x can be changed by others (mode 620)'],
  ])('checks mode %o against forbidden bits %o', (mode, forbidden, message) => {
    const check = (): void => assertSafe('/x', { uid: self, mode }, forbidden);
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'FILE_UNSAFE', message }));
  });

  it.each([
    ['self or root', other, false],
    ['self or root', 0, true],
    ['self or root', self, true],
    ['self', self, true],
    ['self', other, false],
    ['anyone', other, true],
  ] as const)('trusts as owner %s: uid %i → %s', (owner, uid, trusted) => {
    const check = (): void => assertSafe('/x', { uid, mode: 0o600 }, OPEN_TO_OTHERS, owner);
    if (trusted) expect(check).not.toThrow();
    else expect(check).toThrow(/another user/);
  });
});

describe('assertRegularFile', () => {
  it('rejects anything but a regular file', () => {
    expect(() => assertRegularFile('/x', { isFile: () => true })).not.toThrow();
    expect(() => assertRegularFile('/x', { isFile: () => false })).toThrow(/not a regular file/);
  });
});
