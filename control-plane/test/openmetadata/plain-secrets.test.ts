import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openPlainSecrets,
  sealPlainSecrets,
} from '../../src/openmetadata/deployments/plain-secrets.ts';
import { Sealer } from '../../src/openmetadata/sealing.ts';
import { eventually } from '../stage.ts';
import { accept, finish, linesOf } from './relay-attempt.ts';
import { CONNECTION, RelayStage } from './relay-stage.ts';
import { runCommand } from './stage.ts';

describe('secrets in plain text that the operator allows', () => {
  let scene: RelayStage;
  beforeEach(async () => {
    scene = await RelayStage.open();
    const change = ['change', '--name', 'prod', '--allow-plain-secrets'];
    await runCommand(scene.folder, change);
  });
  afterEach(() => scene.close());

  it('reach the runner of a run, and the store only sealed', async () => {
    await scene.deploy();
    await scene.expect('PUT', '/services/databaseServices', {
      name: 'crm',
      serviceType: 'Salesforce',
      connection: { config: { ...CONNECTION, password: 'hunter "2" \\' } },
    });
    const runner = await scene.runner();
    await scene.trigger();
    const { ref, workflow } = await accept(runner);
    expect(workflow.source.serviceConnection.config).toMatchObject({
      password: 'hunter "2" \\',
      securityToken: CONNECTION.securityToken,
    });
    await finish(runner, ref, linesOf('Account'));
    await eventually(async () => scene.statuses[0]?.['pipelineState'] === 'success');
    for (const name of ['store.sqlite', 'store.sqlite-wal'])
      expect(readFileSync(join(scene.folder, name), 'latin1')).not.toContain('hunter');
    const { body } = await scene.stage.api.get('/api/v1/services/crm');
    expect(body.connection).not.toHaveProperty('password');
  });
});

describe('a sealed secret', () => {
  const sealer = new Sealer(randomBytes(32), randomBytes);
  const connection = {
    password: 'p',
    sslConfig: { sslKey: 'k', caCertificate: 'c' },
    username: 'u',
  };
  const sealed = sealPlainSecrets(sealer, 'run_1', connection, ['password', 'sslConfig.sslKey']);
  const text = JSON.stringify(sealed);

  it('is not in the text, and opens for its run', () => {
    expect(sealed).toMatchObject({ username: 'u', sslConfig: { caCertificate: 'c' } });
    expect(text).not.toMatch(/"[pk]"/);
    expect(JSON.parse(openPlainSecrets(sealer, 'run_1', text))).toEqual(connection);
  });

  it('does not open for another run, and text that looks like one stays', () => {
    expect(openPlainSecrets(sealer, 'run_2', text)).toBe(text);
    const other = '{"description":"sealed:abc","a":"sealed:"}';
    expect(openPlainSecrets(sealer, 'run_1', other)).toBe(other);
  });
});
