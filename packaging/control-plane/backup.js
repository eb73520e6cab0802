#!/usr/bin/env node
// Copies everything that a control plane needs to be restored, also while it runs: to one
// directory, or with the key of sealed tokens in a file elsewhere, so that neither alone reveals
// them.
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

const USAGE = 'usage: hybrid-control-plane-backup [--key FILE] DIRECTORY [DATA]';
const KEY_FILE = 'openmetadata.key';

function exitWithProblem(problem) {
  process.stderr.write(`hybrid-control-plane-backup: ${problem}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: { key: { type: 'string' } }, allowPositionals: true });
  } catch {
    return exitWithProblem(USAGE);
  }
}

function keepKey() {
  if (keyCopy === undefined) {
    process.stderr.write(
      `the tokens of OpenMetadata servers are sealed in the store, and their key, ${KEY_FILE}, is beside it; --key FILE keeps it apart\n`,
    );
    return;
  }
  try {
    copyFileSync(join(data, KEY_FILE), keyCopy, constants.COPYFILE_EXCL);
  } catch (thrown) {
    exitWithProblem(`failed to write ${keyCopy}: ${thrown.message}`);
  }
}

const { values, positionals } = readArguments();
const [target, data = '/var/lib/hybrid-control-plane'] = positionals;
if (target === undefined || positionals.length > 2) exitWithProblem(USAGE);
if (existsSync(target)) exitWithProblem(`${target} exists; name a directory that does not`);
const store = join(data, 'store.sqlite');
const keyCopy = values.key;
if (keyCopy !== undefined && existsSync(keyCopy))
  exitWithProblem(`${keyCopy} exists; name a file that does not`);
if (keyCopy !== undefined && !relative(target, resolve(keyCopy)).startsWith('..'))
  exitWithProblem(`${keyCopy} is within ${target}; name a file elsewhere`);
if (!existsSync(store)) exitWithProblem(`there is no store in ${data}`);

// The files include the admin token and the private key of the certificate.
process.umask(0o077);
if (existsSync(join(data, KEY_FILE))) keepKey();
mkdirSync(target, { mode: 0o700 });
const database = new DatabaseSync(store, { readOnly: true });
await backup(database, join(target, 'store.sqlite'));
database.close();
/** The store itself, and backups beside it, as in the volume of a container. */
const isStore = (name) =>
  name.startsWith('store.sqlite') || existsSync(join(data, name, 'store.sqlite'));
const isApart = (name) => name === KEY_FILE && keyCopy !== undefined;
for (const name of readdirSync(data).filter((one) => !isStore(one) && !isApart(one)))
  cpSync(join(data, name), join(target, name), { recursive: true, preserveTimestamps: true });
chmodSync(target, 0o700);
process.stdout.write(`${target}\n`);
