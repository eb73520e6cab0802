import type { CommandGroup, OptionDefinition } from './command-definition.ts';

const SERVICE_USER: OptionDefinition = {
  flags: '--user <name>',
  text: 'user that the service runs as',
  default: 'hybrid-runner',
};

export const SERVICE_COMMANDS: CommandGroup = {
  name: 'service',
  text: 'manage the system service',
  commands: [
    {
      name: 'install',
      text: 'write and enable the systemd unit, on macOS the description for launchd',
      options: [
        { flags: '--now', text: 'start the service as well' },
        { ...SERVICE_USER, text: 'user that the service runs as; created if missing' },
      ],
      settings: [],
      load: async () => (await import('./commands/service.ts')).install,
    },
    {
      name: 'uninstall',
      text: 'stop the service and remove its unit; state and configuration stay',
      options: [
        { flags: '--purge', text: 'remove state, configuration, keys and user as well' },
        SERVICE_USER,
      ],
      settings: [],
      load: async () => (await import('./commands/service.ts')).uninstall,
    },
    {
      name: 'status',
      text: 'show whether the service is installed and runs',
      settings: [],
      load: async () => (await import('./commands/service.ts')).status,
    },
    {
      name: 'check',
      text: 'check that the service has everything it needs and that its user can read it',
      settings: [],
      load: async () => (await import('./commands/service.ts')).check,
    },
    {
      name: 'print',
      text: 'print the systemd unit; on macOS the description for launchd',
      options: [SERVICE_USER],
      settings: [],
      load: async () => (await import('./commands/service.ts')).print,
    },
  ],
};
