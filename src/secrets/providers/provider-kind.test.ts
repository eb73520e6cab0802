import { expect, it } from 'vitest';
import { optionalUrlSetting } from './provider-kind.ts';

const { schema } = optionalUrlSetting({ flag: '--x', description: '' });

it.each([undefined, 'https://keeper.example', 'https://10.0.0.1:8200'])(
  'accepts the URL %s',
  (url) => {
    expect(schema.parse(url)).toBe(url);
  },
);

it.each([
  'http://keeper.example',
  'https://user:word@keeper.example',
  'https://keeper.example/path',
  'https://keeper.example?x=1',
  'https://keeper.example#part',
  'keeper.example',
  '',
  7,
])('rejects the URL %s', (url) => {
  expect(schema.safeParse(url).success).toBe(false);
});
