import { JOB_KINDS } from '../../foundation/src/domain/job.ts';
import type { CommandGroup, OptionDefinition } from './command-definition.ts';

export const WORKFLOW: OptionDefinition = {
  flags: '-c, --workflow <file>',
  text: 'OpenMetadata workflow document, YAML or JSON',
  required: true,
};

/** Commands about what this machine permits, and what it did. */
export const TRUST_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'policy',
    text: 'inspect the local policy',
    commands: [
      {
        name: 'show',
        text: 'show the rules in force',
        settings: ['policyFile'],
        load: async () => (await import('./commands/policy.ts')).show,
      },
      {
        name: 'check',
        text: 'validate the policy file',
        settings: ['policyFile'],
        load: async () => (await import('./commands/policy.ts')).check,
      },
      {
        name: 'explain',
        text: 'show what the policy decides about a workflow, and the line that decided each part',
        options: [
          WORKFLOW,
          {
            flags: '--kind <kind>',
            text: 'kind of the job',
            default: 'metadata',
            choices: JOB_KINDS,
          },
        ],
        settings: ['policyFile'],
        load: async () => (await import('./policy/explain.ts')).explain,
      },
      {
        name: 'test',
        text: 'compare decisions of the policy with those that a file expects',
        argument: { name: '<file>', text: 'YAML file of expected decisions (docs/policy.md)' },
        settings: ['policyFile'],
        load: async () => (await import('./policy/test.ts')).test,
      },
      {
        name: 'propose',
        text: 'show rules that would permit what was denied in the last 30 days',
        settings: ['policyFile', 'stateDir'],
        load: async () => (await import('./policy/propose.ts')).propose,
      },
      {
        name: 'approve',
        text: 'add proposed rules to the policy file',
        argument: { name: '<id>', text: 'of a proposal, or several' },
        allowsExcessArguments: true,
        settings: ['policyFile', 'stateDir'],
        load: async () => (await import('./policy/approve.ts')).approve,
      },
    ],
  },
  {
    name: 'audit',
    text: 'inspect the audit trail',
    commands: [
      {
        name: 'verify',
        text: 'check that no line of the audit trail was changed, cut, moved or added',
        options: [
          {
            flags: '--head <number:hash>',
            text: 'a line that the trail must still have, noted elsewhere before',
          },
          {
            flags: '--heads <file>',
            text: 'signed heads that the control plane has kept, as its API returns them',
          },
        ],
        settings: ['stateDir'],
        load: async () => (await import('./commands/audit.ts')).verify,
      },
    ],
  },
];
