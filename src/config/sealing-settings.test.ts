import { describe, expect, it } from 'vitest';
import { parseReference } from '../secrets/reference.ts';
import { SEALING_CREDENTIAL } from '../sealing/settings.ts';
import { compileSealing } from './sealing-settings.ts';
import type { SettingValues } from './schema.ts';

const compile = (values: Readonly<Record<string, unknown>>): unknown =>
  compileSealing(values as SettingValues);

describe('the place of the sealing key', () => {
  it('is a single one', () => {
    for (const values of [
      { 'sealing.credential': true, 'sealing.keyFile': '/run/key' },
      { 'sealing.keyFile': '/run/key', 'sealing.passphraseFile': '/run/passphrase' },
    ])
      expect(() => compile(values)).toThrow('names more than one key');
    expect(compile({ 'sealing.credential': false, 'sealing.keyFile': '/run/key' })).toEqual({
      credential: false,
      keyFile: '/run/key',
      passphraseFile: undefined,
    });
  });

  it.each(['sealing.keyFile', 'sealing.passphraseFile'])(
    'of %s is not where jobs read secrets',
    (key) => {
      const directory = { 'secrets.files.directory': '/run/secrets' };
      for (const path of ['/run/secrets/key', '/run/secrets/a/../key', '/run/secrets'])
        expect(() => compile({ ...directory, [key]: path }), path).toThrow(
          'where jobs read secrets',
        );
      for (const path of ['/run/secrets-2/key', '/run/key'])
        expect(() => compile({ ...directory, [key]: path }), path).not.toThrow();
    },
  );

  it('has a name that no reference spells', () => {
    for (const reference of [
      `secret:/${SEALING_CREDENTIAL}`,
      `secret:/${SEALING_CREDENTIAL.replace('-', '/')}`,
      `secret:/${SEALING_CREDENTIAL.replace('@', '/')}/`,
    ])
      expect(parseReference(reference)).toBeUndefined();
  });
});
