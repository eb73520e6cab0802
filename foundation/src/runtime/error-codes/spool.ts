import { entry } from './entry.ts';

export const spool = {
  DISK_FULL: entry(
    'transient',
    'The disk is full.',
    'Free space on the file system of the state directory.',
  ),
  SPOOL_FULL: entry(
    'transient',
    'The spool has reached its size limit because records are not being delivered.',
    'Restore the connection to the control plane, or raise spool.maxBytes.',
  ),
  SPOOL_CORRUPT: entry(
    'permanent',
    'Records in the spool are damaged.',
    'Check the disk. The attempt is reported as interrupted, and the run is retried.',
  ),
  EPOCHS_DAMAGED: entry(
    'permanent',
    'The file with the epochs of earlier attempts is damaged.',
    'Check the disk. Delete the file named in the message to start; offers of earlier attempts are then no longer recognized.',
  ),
  STATE_LOCKED: entry(
    'user',
    'Another process uses this state directory.',
    'Stop the other process, or configure a different state directory for this one.',
  ),
} as const;
