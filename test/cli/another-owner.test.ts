import { chmodSync, chownSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place } from './command-line.ts';

const SERVICE_USER = 65_534;
let place: Place;

/**
 * Root at the files of an installed service: the state is the service's, everything else is root's.
 */
describe.runIf(process.getuid?.() === 0)('commands run by root act as the service’s user', () => {
  beforeEach(() => {
    place = new Place();
    chmodSync(place.directory, 0o755);
    chownSync(place.folder('state'), SERVICE_USER, SERVICE_USER);
    chmodSync(place.config, 0o644);
  });
  afterEach(() => place.close());

  it('reports a policy that the service cannot read', async () => {
    const policy = place.file('policy.yaml', 'version: 1\n', 0o644);
    expect(await place.call(['policy', 'check'])).toMatchObject({ code: 0 });
    chmodSync(policy, 0o600);
    const { code, stderr } = await place.call(['policy', 'check']);
    expect(stderr).toContain('error FILE_UNREADABLE');
    expect(code).toBe(3);
  });

  it.each([
    ['config', 'show'],
    ['service', 'check'],
  ])('and finds a configuration that the service cannot read: %s %s', async (...command) => {
    chmodSync(place.config, 0o600);
    const { code, stderr } = await place.call(command);
    expect(stderr).toContain('error FILE_UNREADABLE');
    expect(stderr).toContain('service install');
    expect(code).toBe(3);
  });

  it('reports FILE_UNWRITABLE for a secret whose key that user may not write', async () => {
    const { code, stderr } = await place.call(['secrets', 'set', 'secret:/a/b'], {
      input: 'hunter2222',
    });
    expect(stderr).toContain('error FILE_UNWRITABLE');
    expect(stderr).toContain('--vault-key-file');
    expect(code).toBe(3);
  });
});
