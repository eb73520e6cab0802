import { JOB_KINDS } from '../../foundation/src/domain/job.ts';
import type { CommandGroup, OptionDefinition } from './command-definition.ts';
import { WORKFLOW } from './trust-commands.ts';

const KIND: OptionDefinition = {
  flags: '--kind <kind>',
  text: 'kind of the job',
  default: 'metadata',
  choices: JOB_KINDS,
};

/** Signatures of the customer over jobs. */
export const JOB_COMMANDS: CommandGroup = {
  name: 'jobs',
  text: 'sign jobs, so that runners take no others',
  commands: [
    {
      name: 'keygen',
      text: 'make a key to sign jobs with, and print what the policy needs of it',
      options: [
        { flags: '--out <file>', text: 'file of the private key; must not exist', required: true },
        { flags: '--name <name>', text: 'name of the key in policy and audit', default: 'jobs' },
      ],
      load: async () => (await import('./jobs/keygen.ts')).keygen,
    },
    {
      name: 'sign',
      text: 'sign a workflow document, and show what the signature permits',
      options: [
        WORKFLOW,
        { flags: '--key <file>', text: 'file of the private key', required: true },
        { flags: '--pool <names>', text: 'pools that may run it, comma-separated' },
        {
          flags: '--runner <fingerprints>',
          text: 'runners that may run it, comma-separated, as `status` shows them',
        },
        { flags: '--valid-for <duration>', text: 'how long it is valid', default: '90d' },
        { flags: '--valid-from <time>', text: 'from when on; default: now' },
        { flags: '--name <text>', text: 'what to call it; default: the name of the service' },
        KIND,
      ],
      load: async () => (await import('./jobs/sign.ts')).sign,
    },
    {
      name: 'verify',
      text: 'report whether this runner would accept a signature',
      options: [
        WORKFLOW,
        {
          flags: '--signature <file>',
          text: 'file with the signature; - reads standard input',
          required: true,
        },
        KIND,
      ],
      settings: ['policyFile', 'stateDir'],
      load: async () => (await import('./jobs/verify.ts')).verify,
    },
  ],
};
