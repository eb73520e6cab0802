import { entry } from './entry.ts';

export const runtime = {
  INTERNAL: entry(
    'defect',
    'Unexpected internal error.',
    'Report it, with the log lines around it.',
  ),
  ABORTED: entry(
    'transient',
    'The work was stopped on request.',
    'No action is needed if you stopped it. Otherwise check the log for the reason.',
  ),
  DEADLINE_EXCEEDED: entry(
    'transient',
    'An operation exceeded its time limit.',
    'Try again. If it happens repeatedly, raise the limit or check the network.',
  ),
  USAGE: entry('user', 'Invalid command line.', 'Run `hybrid-runner --help`.'),
  INPUT_INVALID: entry(
    'user',
    'A value passed to a command has the wrong format.',
    'Correct the value named in the message.',
  ),
  FILE_UNREADABLE: entry(
    'user',
    'A file cannot be read.',
    'Check the path and the permissions of the file.',
  ),
  ADDRESS_UNAVAILABLE: entry(
    'user',
    'An address to listen on is in use, or is not one of this machine.',
    'Set another address, or stop the program that uses this one.',
  ),
  FILE_UNWRITABLE: entry(
    'user',
    'A file or directory cannot be created or written.',
    'Choose a path in an existing directory that this user can write to, or run the command as the owner of the directory.',
  ),
  FILE_UNSAFE: entry(
    'user',
    'Other users can change or read a file that the runner relies on.',
    'Run chmod 600 on the file (700 on a directory) and check its owner.',
  ),
  NODE_TOO_OLD: entry(
    'user',
    'This version of Node.js is too old, and no newer one was installed with the package.',
    'Install Node.js 24 or later.',
  ),
  RUNNER_NOT_RUNNING: entry(
    'transient',
    'No runner process answers on the status socket.',
    'Start the runner, or pass its configuration file with --config.',
  ),
  TLS_VERIFICATION_DISABLED: entry(
    'user',
    'NODE_TLS_REJECT_UNAUTHORIZED disables certificate verification.',
    'Unset the variable, and configure your private CA instead (controlPlane.caFile, network.caFile).',
  ),
  PROCESS_UNSAFE: entry(
    'user',
    'Node.js was started with an option that can expose secrets.',
    'Remove the option from NODE_OPTIONS, NODE_DEBUG or the command line.',
  ),
  SERVICE_UNSUPPORTED: entry(
    'user',
    'The service manager of this machine is not supported.',
    'Run `hybrid-runner run` under a service manager of your choice.',
  ),
  SERVICE_FAILED: entry(
    'user',
    'Failed to set up the service.',
    'Fix the cause named in the message and run the command again.',
  ),
  UPGRADE_UNSUPPORTED: entry(
    'user',
    'This installation is upgraded in another way.',
    'Use the command of the package manager that installed the program.',
  ),
  UPGRADE_REFUSED: entry(
    'user',
    'A release cannot be installed: its origin is not verified, or it is for another platform.',
    'Download archive, SHA256SUMS and SHA256SUMS.sig of the release again. Nothing has changed.',
  ),
  UPGRADE_CHECK_INVALID: entry(
    'permanent',
    'The response about the newest version is not valid.',
    'Check upgrade.check: it must be the address of a document {"version": "1.2.3"}.',
  ),
  UPGRADE_FAILED: entry(
    'permanent',
    'A new version did not connect; rolled back to the previous one.',
    'Check the log of the service: journalctl --unit hybrid-runner --lines 100',
  ),
} as const;
