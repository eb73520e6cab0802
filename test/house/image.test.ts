import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IMAGE_ENVIRONMENT } from '../../src/config/places.ts';

const dockerfile = readFileSync(
  join(import.meta.dirname, '../../packaging/Dockerfile'),
  'utf8',
).replaceAll('\\\n', ' ');
const last = (instruction: string): string =>
  [...dockerfile.matchAll(new RegExp(`^${instruction} +(?<value>.*)$`, 'gm'))].at(-1)!.groups![
    'value'
  ]!;

describe('the container image', () => {
  it('sets the environment of places.ts, and nothing else of this program', () => {
    const set = Object.fromEntries(
      last('ENV')
        .trim()
        .split(/\s+/)
        .map((pair) => pair.split('=')),
    );
    expect(set).toEqual({ NODE_ENV: 'production', ...IMAGE_ENVIRONMENT });
  });

  it('keeps state and vault key in two volumes that its user owns', () => {
    const [state, key] = [
      IMAGE_ENVIRONMENT['HYBRID_RUNNER_STATE_DIR']!,
      IMAGE_ENVIRONMENT['HYBRID_RUNNER_SECRETS_VAULT_KEY_FILE']!.replace(/\/[^/]*$/, ''),
    ];
    expect(last('VOLUME').split(/\s+/)).toEqual([state, key]);
    expect(dockerfile).toContain(
      `install -d -o ${last('USER').replace(':', ' -g ')} -m 0700 ${state} ${key} `,
    );
  });
});
