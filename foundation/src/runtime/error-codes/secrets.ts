import { entry } from './entry.ts';

export const secrets = {
  SECRET_REFERENCE_INVALID: entry(
    'user',
    'Malformed secret reference.',
    'Write secret:/ followed by one to eight segments of letters, digits, dots, underscores or hyphens.',
  ),
  SECRET_IN_PLAIN_FIELD: entry(
    'user',
    'A field that is not secret contains a secret reference.',
    'Use references only in secret fields, as the whole value.',
  ),
  SECRET_IN_PLAIN_TEXT: entry(
    'user',
    'A secret field contains plain text, which the local policy forbids.',
    'Store the value with `hybrid-runner secrets set` and put its reference in the field.',
  ),
  SECRET_FILE_DENIED: entry(
    'user',
    'A field names a file that the local policy does not allow jobs to read.',
    'Move the file below files.directory of the policy (docs/policy.md), or use a secret reference.',
  ),
  CA_CERTIFICATE_DENIED: entry(
    'user',
    'A job brings a CA certificate that the local policy does not trust.',
    'Store the certificate with a local provider and put its reference in the field, or set network.jobCertificateAuthorities of the policy (docs/policy.md).',
  ),
  SECRET_UNAVAILABLE: entry(
    'user',
    'A secret is not available.',
    'Check the runner log for the reason: unknown, denied by the policy, or a provider failure.',
  ),
  SECRET_PROVIDER_FAILED: entry(
    'transient',
    'The secret provider failed.',
    'Check the provider. The credentials of the run are not treated as wrong.',
  ),
  SECRET_MANAGER_DENIED: entry(
    'user',
    'A secret manager does not permit this runner to read a secret.',
    'Give the identity of the runner read access to this one secret (docs/secrets.md has the policy to use).',
  ),
  SECRET_MANAGER_SIGN_IN_FAILED: entry(
    'user',
    'A secret manager rejected the credentials of this runner.',
    'Check the credentials that the mount in secrets.mounts names, and whether they have expired.',
  ),
  SECRET_MANAGER_SEALED: entry(
    'transient',
    'A secret manager is sealed or in maintenance.',
    'Unseal it. Runs that need its secrets succeed afterwards.',
  ),
  SECRET_MANAGER_THROTTLED: entry(
    'transient',
    'A secret manager received more requests than it accepts.',
    'Raise cacheFor of the mount in secrets.mounts, or the quota of the secret manager.',
  ),
  SECRET_VALUE_UNUSABLE: entry(
    'user',
    'A secret manager has the secret, but its value cannot be used.',
    'Store text of at most 64 KiB. For a mount with format: json, store an object that has the last segment of the reference as a key.',
  ),
  AUDIT_UNWRITABLE: entry(
    'transient',
    'The audit trail or the counts beside it cannot be written, so no secret is read and no job is taken.',
    'Check the disk and the permissions of audit/ and policy/ in the state directory; the runner log has the reason.',
  ),
  AUDIT_DAMAGED: entry(
    'permanent',
    'The audit trail was changed, cut or damaged.',
    'Run `hybrid-runner audit verify`, keep a copy of audit/ in the state directory for whoever investigates, then move it away to start a new trail.',
  ),
  SEALING_KEY_MISSING: entry(
    'user',
    'A private key of this runner is sealed, and what opens it is not available.',
    [
      'In a command, use sudo; in a service, check the sealing settings and run `hybrid-runner seal`',
      'again, which sets up the credential. On another machine than the one that sealed it, enroll',
      'again.',
    ].join(' '),
  ),
  SEALING_KEY_WRONG: entry(
    'user',
    'The sealing key or passphrase is not the one that sealed a file, or the file was changed.',
    'Restore the sealing key, or the file, from a backup. If there is none, enroll again with --replace and store the secrets again.',
  ),
  NOT_SEALED: entry(
    'user',
    'A private key is in the open, although sealing is configured.',
    [
      'If sealing was just configured, stop the runner and run `hybrid-runner seal`; otherwise',
      'somebody has replaced the file: find out who before you seal it.',
    ].join(' '),
  ),
  VAULT_LOCKED: entry(
    'user',
    'The vault key is missing or does not match this vault.',
    'Restore the key file that belongs to the vault.',
  ),
  VAULT_DAMAGED: entry(
    'permanent',
    'The vault file is damaged, or was changed by another program.',
    'Restore the vault and its key from a backup.',
  ),
  VAULT_ROLLED_BACK: entry(
    'user',
    'The vault is older than the newest one that was written on this machine.',
    [
      'If you restored it from a backup, run `hybrid-runner secrets accept-restored`; otherwise it',
      'was replaced: check the secrets in it, and who can write to the state directory.',
    ].join(' '),
  ),
} as const;
