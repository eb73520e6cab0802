import { expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { AuditEvent, AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createDial } from './dial.ts';

const policy = policyOf('{version: 1, network: {allow: [open.example.com]}}');
const options = { signal: NEVER, timeoutMs: 100, tls: {} };

function dialInto(order: string[], record: AuditTrail['record']): Connect {
  return createDial({
    policy,
    connector: 'Salesforce',
    uses: [],
    audit: silentLogger,
    trail: { record },
    connect: () => {
      order.push('connected');
      return Promise.reject(new RunnerError('NETWORK_RESET', 'no server'));
    },
  });
}

it('a connection is in the audit trail before it is opened, and so is a denial', async () => {
  const order: string[] = [];
  const dial = dialInto(order, async ({ decision, target }) => {
    order.push(`${String(decision)} ${String(target)}`);
  });
  await dial({ host: 'open.example.com', port: 443 }, options).catch(() => undefined);
  await dial({ host: 'evil.example', port: 443 }, options).catch(() => undefined);
  expect(order).toEqual(['allow open.example.com:443', 'connected', 'deny evil.example:443']);
});

it('a connection is not opened when it cannot be recorded, and a denial stays one', async () => {
  const order: string[] = [];
  const full = new RunnerError('AUDIT_UNWRITABLE', 'full');
  const dial = dialInto(order, () => Promise.reject(full));
  await expect(dial({ host: 'open.example.com', port: 443 }, options)).rejects.toBe(full);
  await expect(dial({ host: 'evil.example', port: 443 }, options)).rejects.toMatchObject({
    code: 'HOST_DENIED',
  });
  expect(order).toEqual([]);
});

it('denials are in the audit trail up to a limit, and the last one says that others follow', async () => {
  const recorded: AuditEvent[] = [];
  const dial = dialInto([], async (event) => void recorded.push(event));
  for (let count = 0; count < 100; count++)
    await dial({ host: `evil-${count}.example`, port: 443 }, options).catch(() => undefined);
  expect(recorded).toHaveLength(60);
  expect(recorded.filter(({ furtherOmitted }) => furtherOmitted === true)).toEqual([
    recorded.at(-1),
  ]);
});

it('a connection is not opened for a caller that stopped before it was recorded', async () => {
  const order: string[] = [];
  const stop = new AbortController();
  const dial = dialInto(order, async (_event, signal) => {
    stop.abort();
    signal?.throwIfAborted();
  });
  const stopped = { ...options, signal: stop.signal };
  await dial({ host: 'open.example.com', port: 443 }, stopped).catch(() => undefined);
  expect(order).toEqual([]);
});
