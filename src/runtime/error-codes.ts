/**
 * Every way this program fails, in one closed table. docs/errors.md is generated from it.
 *
 * `fault` says whose move it is: `user` (configuration, credentials, input: a person must act), `transient`
 * (the same attempt may succeed later), `permanent` (it cannot, and no setting here changes that), `defect`
 * (ours: report it). Exit codes follow the fault unless the code has one of its own, see cli/exit-codes.ts.
 */
export type Fault = 'user' | 'transient' | 'permanent' | 'defect';

export interface CodeEntry {
  readonly fault: Fault;
  /** What the code means, in a sentence. */
  readonly meaning: string;
  /** What to do, when the throw site knows nothing better. */
  readonly remedy: string;
}

function entry(fault: Fault, meaning: string, remedy: string): CodeEntry {
  return { fault, meaning, remedy };
}

const runtime = {
  INTERNAL: entry(
    'defect',
    'The program met a case it was not written for.',
    'Report this with the log around it.',
  ),
  ABORTED: entry(
    'transient',
    'The work was stopped on request.',
    'Nothing, if you stopped it; otherwise look for the reason in the log.',
  ),
  DEADLINE_EXCEEDED: entry(
    'transient',
    'Something took longer than it may.',
    'Try again; if it repeats, raise the deadline or look at the network.',
  ),
  USAGE: entry(
    'user',
    'The command line is not one this program understands.',
    'See `hybrid-runner --help`.',
  ),
  INPUT_INVALID: entry(
    'user',
    'Something given to a command has the wrong form.',
    'Correct the value that the message names.',
  ),
  FILE_UNREADABLE: entry(
    'user',
    'A file that was named could not be read.',
    'Check the path and its permissions.',
  ),
  FILE_UNWRITABLE: entry(
    'user',
    'A file or directory could not be made or written.',
    'Name one in a directory that exists and that this user may write to, or run the command as the user it belongs to.',
  ),
  FILE_UNSAFE: entry(
    'user',
    'A file that must be private can be read or changed by others.',
    'Run chmod 600 on it (700 on a directory) and check its owner.',
  ),
  NODE_TOO_OLD: entry(
    'user',
    'This Node.js is too old and no newer one came with the install.',
    'Install Node.js 24 or newer.',
  ),
  RUNNER_NOT_RUNNING: entry(
    'transient',
    'No runner process answers on the status socket.',
    'Start it, or name its configuration file with --config.',
  ),
  TLS_VERIFICATION_DISABLED: entry(
    'user',
    'NODE_TLS_REJECT_UNAUTHORIZED turns certificate checks off.',
    'Unset it; name your private CA in the configuration instead.',
  ),
  PROCESS_UNSAFE: entry(
    'user',
    'Node.js was started with an option that opens secrets to others.',
    'Take the option out of NODE_OPTIONS, NODE_DEBUG or the command line.',
  ),
  SERVICE_UNSUPPORTED: entry(
    'user',
    'This machine’s service manager is not supported.',
    'Run `hybrid-runner run` under the service manager of your choice.',
  ),
  SERVICE_FAILED: entry(
    'user',
    'The service could not be set up.',
    'See the cause; the steps can be repeated.',
  ),
} as const;

const config = {
  CONFIG_INVALID: entry(
    'user',
    'The configuration has problems; all are listed.',
    'Correct each, then run `hybrid-runner config show`.',
  ),
  POLICY_INVALID: entry(
    'user',
    'The policy file has problems; nothing is permitted until they are gone.',
    'Correct each problem that the message lists.',
  ),
  POLICY_MISSING: entry(
    'user',
    'There is no policy file, so no job is permitted.',
    'Write one; docs/policy.md shows how.',
  ),
  NOT_ENROLLED: entry(
    'user',
    'This runner has no identity yet.',
    'Run `hybrid-runner enroll --url … --token-file …`.',
  ),
  ALREADY_ENROLLED: entry(
    'user',
    'This runner has an identity already.',
    'Use another state directory, or remove the identity on purpose with --replace.',
  ),
} as const;

const network = {
  NETWORK_UNREACHABLE: entry(
    'transient',
    'The other side could not be reached.',
    'Check name resolution, firewall and proxy for the host in the message.',
  ),
  NETWORK_TIMEOUT: entry(
    'transient',
    'The other side did not answer in time.',
    'Check the network; the call is repeated where that is safe.',
  ),
  NETWORK_RESET: entry(
    'transient',
    'The connection broke.',
    'Nothing, if it is rare; otherwise look at proxies and idle timeouts on the way.',
  ),
  TLS_UNTRUSTED: entry(
    'user',
    'The certificate of the other side is not trusted.',
    'If a private CA signed it, name the CA’s PEM file: --ca-file (controlPlane.caFile) for the control plane, --network-ca-file (network.caFile) for everything else and for a proxy that intercepts TLS.',
  ),
  PROXY_REFUSED: entry(
    'user',
    'The proxy refused the connection.',
    'Check the proxy address, its credentials and its allow-list.',
  ),
  HOST_DENIED: entry(
    'permanent',
    'The local policy does not allow a connection to this host.',
    'If the host is right, allow it in the policy file.',
  ),
  ADDRESS_DENIED: entry(
    'permanent',
    'The host name leads to an address the local policy does not allow.',
    'If it is meant to be private, set network.connectTo or allow private addresses in the policy.',
  ),
} as const;

const channel = {
  PROTOCOL_UNSUPPORTED: entry(
    'permanent',
    'The two sides have no protocol version in common.',
    'Update the older side.',
  ),
  PROTOCOL_VIOLATION: entry(
    'permanent',
    'The other side sent something the protocol does not allow.',
    'Report it to the operator of the control plane.',
  ),
  FRAME_TOO_LARGE: entry(
    'permanent',
    'A frame is larger than the agreed limit.',
    'Report it to the operator of the control plane.',
  ),
  ENROLLMENT_REFUSED: entry(
    'user',
    'The control plane refused the enrollment token.',
    'Ask for a new token; each works once and for a short time.',
  ),
  RUNNER_REVOKED: entry(
    'permanent',
    'The control plane has revoked this runner.',
    'If that was a mistake, enroll it again.',
  ),
  RUNNER_UNKNOWN: entry(
    'permanent',
    'The control plane does not know this runner.',
    'Enroll it again; the control plane may have lost its store.',
  ),
  SIGNATURE_INVALID: entry(
    'permanent',
    'The control plane could not verify the proof of identity.',
    'Check that the identity files belong to this runner and that the clock is right.',
  ),
  IDENTITY_IN_USE: entry(
    'user',
    'Another process is connected with the identity of this runner.',
    'Stop one of the two. To keep both, enroll the copied machine anew there: `hybrid-runner enroll --replace`.',
  ),
  SUPERSEDED: entry(
    'transient',
    'Another process with the same identity has taken over.',
    'Stop one of the two. To keep both, enroll the copied machine anew there: `hybrid-runner enroll --replace`.',
  ),
  CONTROL_PLANE_BUSY: entry(
    'transient',
    'The control plane asks to come back later.',
    'Nothing; the runner waits and tries again.',
  ),
} as const;

const jobs = {
  AT_CAPACITY: entry('transient', 'All places for attempts are taken.', 'Wait, or raise capacity.'),
  DRAINING: entry(
    'transient',
    'The runner is going down and takes no new work.',
    'Offer the run to another runner.',
  ),
  JOB_INVALID: entry(
    'user',
    'The job document has problems; all are listed.',
    'Correct the pipeline or service that the job comes from.',
  ),
  JOB_KIND_UNSUPPORTED: entry(
    'permanent',
    'This runner does not know this kind of job.',
    'Update the runner, or correct the job.',
  ),
  POLICY_DENIED: entry(
    'permanent',
    'The local policy does not permit this job.',
    'The owner of the runner can permit it in the policy file.',
  ),
  ATTEMPT_STALE: entry(
    'transient',
    'The attempt that was offered is not newer than one that this runner has had.',
    'Nothing; the control plane offers the run again with a higher epoch.',
  ),
  LEASE_LOST: entry(
    'transient',
    'The control plane gave the run to someone else.',
    'Nothing; the newer attempt reports.',
  ),
  CANCELLED: entry('transient', 'The run was cancelled.', 'Start it again when it is wanted.'),
  WORKER_DIED: entry(
    'transient',
    'The worker process ended without reporting an outcome.',
    'Look at memory limits and the journal; the run is tried again.',
  ),
  RUNNER_STOPPED: entry(
    'transient',
    'The runner was stopped while the run was at work.',
    'Nothing; the run is tried again.',
  ),
} as const;

const spool = {
  DISK_FULL: entry(
    'transient',
    'There is no room left for the spool.',
    'Free space on the file system that holds the state directory.',
  ),
  SPOOL_FULL: entry(
    'transient',
    'The spool has reached its limit because the control plane takes nothing.',
    'Restore the link, or raise spool.maxBytes.',
  ),
  SPOOL_CORRUPT: entry(
    'permanent',
    'Records on disk fail their checksum before the end of the stream.',
    'Check the disk; the attempt is reported as interrupted and run again.',
  ),
  STATE_LOCKED: entry(
    'user',
    'Another runner process uses this state directory.',
    'Stop it, or give this one a state directory of its own.',
  ),
} as const;

const secrets = {
  SECRET_REFERENCE_INVALID: entry(
    'user',
    'A secret reference has the wrong form.',
    'Write secret:/ and up to eight segments of letters, digits, dot, underscore or hyphen.',
  ),
  SECRET_IN_PLAIN_FIELD: entry(
    'user',
    'A secret reference stands in a field that is not secret.',
    'Use references only in fields marked secret, as the whole value.',
  ),
  SECRET_IN_PLAIN_TEXT: entry(
    'user',
    'A secret field holds plain text, and the local policy forbids that.',
    'Store the value with `hybrid-runner secrets set` and put its reference in the field.',
  ),
  SECRET_FILE_DENIED: entry(
    'user',
    'A field names a file that the local policy does not open to jobs.',
    'Put the file below files.directory of the policy (docs/policy.md), or use a secret reference.',
  ),
  SECRET_UNAVAILABLE: entry(
    'user',
    'A secret could not be had.',
    'The runner log says why: unknown, denied by policy, or the provider failed.',
  ),
  SECRET_PROVIDER_FAILED: entry(
    'transient',
    'The secret provider did not answer as it should.',
    'Check the provider; the run is not treated as having bad credentials.',
  ),
  VAULT_LOCKED: entry(
    'user',
    'The vault key is missing or does not open this vault.',
    'Restore the key file that belongs to the vault.',
  ),
  VAULT_DAMAGED: entry(
    'permanent',
    'The vault has been changed or damaged outside this program.',
    'Restore it from a backup, with its key.',
  ),
} as const;

const salesforce = {
  SALESFORCE_LOGIN_FAILED: entry(
    'user',
    'Salesforce refused the credentials.',
    'Check user name, password, security token and login history; it is not tried again with the same secret.',
  ),
  SALESFORCE_LOGIN_DENIED: entry(
    'user',
    'The org does not let this user in from here or now, whatever the password.',
    'See the user’s login history in Setup; a setting of the org, the user or the app has to change.',
  ),
  SALESFORCE_LOGIN_RETIRED: entry(
    'user',
    'The org or API version does not offer SOAP login.',
    'Use client credentials or JWT bearer (docs/salesforce.md).',
  ),
  SALESFORCE_DOMAIN_INVALID: entry(
    'user',
    'salesforceDomain is not a domain prefix.',
    'Write `login`, `test`, `acme.my` or `acme--uat.sandbox.my`.',
  ),
  SALESFORCE_CONNECTION_INVALID: entry(
    'user',
    'The fields given do not select one way to sign in.',
    'See docs/salesforce.md for the fields of each way.',
  ),
  SALESFORCE_VERSION_UNSUPPORTED: entry(
    'user',
    'The org does not offer this API version.',
    'Leave salesforceApiVersion out to use the newest.',
  ),
  SALESFORCE_API_DISABLED: entry(
    'user',
    'The user or org may not use the API.',
    'Give the user the API Enabled permission.',
  ),
  SALESFORCE_FORBIDDEN: entry(
    'user',
    'Salesforce does not let this user read that.',
    'Give the user the permission that docs/salesforce.md lists.',
  ),
  SALESFORCE_LIMIT_REACHED: entry(
    'transient',
    'The allocation of API calls is used up, or the reserve has been reached.',
    'Wait for the 24-hour window to move on, or lower the reserve in the policy.',
  ),
  SALESFORCE_BUSY: entry(
    'transient',
    'Salesforce is overloaded or in maintenance.',
    'Nothing; calls are repeated with growing pauses. See status.salesforce.com.',
  ),
  SALESFORCE_SESSION_EXPIRED: entry(
    'transient',
    'The session ended and signing in again did not help.',
    'Check session policies of the user and the app.',
  ),
  SALESFORCE_NOT_FOUND: entry(
    'permanent',
    'Salesforce does not know this object, or hides it from this user.',
    'Check the name and the permissions.',
  ),
  SALESFORCE_UNEXPECTED: entry(
    'permanent',
    'Salesforce answered with something this program does not understand.',
    'Report it with the code and status in the message.',
  ),
  RESPONSE_TOO_LARGE: entry(
    'permanent',
    'A response is larger than any honest one.',
    'Check for a proxy that alters responses.',
  ),
} as const;

const output = {
  SINK_FAILED: entry(
    'transient',
    'The results could not be written.',
    'Check the path or server in the message.',
  ),
  SINK_BUSY: entry(
    'transient',
    'The OpenMetadata server is overloaded, restarting or asks to come back later.',
    'Nothing; requests are repeated with growing pauses. If it stays so, look at the server.',
  ),
  SINK_UNAUTHORIZED: entry(
    'user',
    'The OpenMetadata server does not accept the bot token.',
    'Give the token of a bot that exists and has not expired, in openMetadataServerConfig.securityConfig.jwtToken.',
  ),
  SINK_FORBIDDEN: entry(
    'user',
    'The OpenMetadata server does not let the bot do that.',
    'Give the bot the ingestion role, or one with the permission that the message names.',
  ),
  SINK_REJECTED: entry(
    'permanent',
    'The OpenMetadata server refused what was sent.',
    'See the server’s reason in the message; report it if it is about the form of an entity.',
  ),
  ENTITY_INVALID: entry(
    'defect',
    'An entity does not fit OpenMetadata’s schema.',
    'Report it with the name of the object.',
  ),
} as const;

/** Grouped as docs/errors.md shows them. */
export const ERROR_GROUPS = {
  runtime,
  config,
  network,
  channel,
  jobs,
  spool,
  secrets,
  salesforce,
  output,
} as const;

export const ERROR_CODES = {
  ...runtime,
  ...config,
  ...network,
  ...channel,
  ...jobs,
  ...spool,
  ...secrets,
  ...salesforce,
  ...output,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
