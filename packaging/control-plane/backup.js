#!/usr/bin/env node
// Copies everything that a control plane needs to be restored, also while it runs.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

const [target, data = '/var/lib/hybrid-control-plane'] = process.argv.slice(2);
const store = join(data, 'store.sqlite');

function refuse(problem) {
  process.stderr.write(`hybrid-control-plane-backup: ${problem}\n`);
  process.exit(2);
}

if (target === undefined || target.startsWith('-'))
  refuse('usage: hybrid-control-plane-backup DIRECTORY [DATA]');
if (existsSync(target)) refuse(`${target} exists; name a directory that does not`);
if (!existsSync(store)) refuse(`there is no store in ${data}`);

// The files include the admin token and the private key of the certificate.
process.umask(0o077);
mkdirSync(target, { mode: 0o700 });
const database = new DatabaseSync(store, { readOnly: true });
await backup(database, join(target, 'store.sqlite'));
database.close();
/** The store itself, and backups beside it, as in the volume of a container. */
const isStore = (name) =>
  name.startsWith('store.sqlite') || existsSync(join(data, name, 'store.sqlite'));
for (const name of readdirSync(data).filter((one) => !isStore(one)))
  cpSync(join(data, name), join(target, name), { recursive: true, preserveTimestamps: true });
chmodSync(target, 0o700);
process.stdout.write(`${target}\n`);
