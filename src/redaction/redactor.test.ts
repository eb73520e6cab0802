import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../test/support/any-character.ts';
import { cpuSeconds } from '../../test/support/cpu-time.ts';
import { runs } from '../../test/support/property-runs.ts';
import { redactorOf } from '../../test/support/redaction.ts';
import { createRedactor } from './redactor.ts';

describe('clean text', () => {
  it('is not changed', () => {
    const redact = redactorOf(
      'correct horse battery',
      'p@55"word\\with/odd<chars>',
      '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----',
    );
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300, unit: anyCharacter }),
        (text) => redact(text) === text,
      ),
      { numRuns: runs(200) },
    );
    fc.assert(
      fc.property(fc.json(), (text) => redact(text) === text),
      { numRuns: runs(100) },
    );
  });

  it('is not changed without secrets', () => {
    expect(createRedactor().redact('anything, even [secret]')).toBe('anything, even [secret]');
  });

  it('is not changed when it contains only a part of a secret', () => {
    const redact = redactorOf('abcdefghijkl');
    for (const text of ['abcdefghijk', 'bcdefghijkl', 'abcdefghijkabcdefghijk', 'abcdef ghijkl'])
      expect(redact(text)).toBe(text);
  });
});

describe('a redactor', () => {
  it('replaces overlapping and adjacent secrets as a whole', () => {
    const redact = redactorOf('abcdef123', '123xyz789', 'xyz7');
    expect(redact('<abcdef123xyz789>')).toBe('<[secret]>');
    expect(redactorOf('password1', 'token-22')('login password1token-22 end')).toBe(
      'login [secret] end',
    );
  });

  it('replaces the longest of secrets with the same start', () => {
    expect(redactorOf('password', 'password-and-token')('x password-and-token y password z')).toBe(
      'x [secret] y [secret] z',
    );
  });

  it('replaces every occurrence in a long text', () => {
    const text = Array.from({ length: 1000 }, (_, index) => `line ${index} s3cr3t-value;`).join(
      '\n',
    );
    const clean = redactorOf('s3cr3t-value')(text);
    expect(clean.split('[secret]')).toHaveLength(1001);
    expect(clean).not.toContain('s3cr3t');
  });

  it('replaces long lines of a value of several lines, but not short ones', () => {
    const pem =
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASC\n-----END PRIVATE KEY-----\n';
    const redact = redactorOf(pem);
    expect(redact('found MIIEvQIBADANBgkqhkiG9w0BAQEF here')).toBe('found [secret] here');
    expect(redact('AASC is too short')).toBe('AASC is too short');
    expect(redact(JSON.stringify({ pem }))).toBe('{"pem":"[secret]"}');
  });

  it('replaces an old value after a new one was added', () => {
    const redactor = createRedactor();
    redactor.add('old-password');
    expect(redactor.redact('old-password')).toBe('[secret]');
    redactor.add('new-password');
    expect(redactor.redact('old-password new-password')).toBe('[secret] [secret]');
  });

  it('replaces a value under six characters only as a whole JSON string', () => {
    const redact = redactorOf('abc');
    expect(redact('{"password":"abc","text":"abcdef abc"}')).toBe(
      '{"password":"[secret]","text":"abcdef abc"}',
    );
    expect(redact('{"body":"{\\"p\\":\\"abc\\"}"}')).toBe('{"body":"{\\"p\\":\\"[secret]\\"}"}');
  });

  it('replaces a value with a lone surrogate', () => {
    expect(redactorOf('broken\ud800value')(JSON.stringify('a broken\ufffdvalue b'))).toBe(
      '"a [secret] b"',
    );
  });
});

describe('a redactor that fails', () => {
  it('withholds the text', () => {
    const redactor = createRedactor(() => {
      throw new Error('failed');
    });
    redactor.add('s3cr3t-value');
    expect(redactor.redact('contains s3cr3t-value or not')).toBe(
      '"[withheld: the redactor failed]"',
    );
  });
});

describe('the time of a redactor', () => {
  it('is linear, also for text made of parts of secrets', () => {
    const redact = redactorOf(
      ...Array.from({ length: 50 }, (_, index) => `aaaaaaaa${index}bbbbbbbb`),
    );
    const text = 'aaaaaaaa1bbbbbbb'.repeat(100_000);
    expect(cpuSeconds(() => redact(text))).toBeLessThan(5);
  });
});
