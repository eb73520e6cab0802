import { CONFIG_VARIABLE, IMAGE_ENVIRONMENT, SYSTEM_PLACES } from '../../config/places.ts';
import {
  environmentName,
  SETTING_KEYS,
  settingOf,
  SETTINGS,
  type SettingKey,
} from '../../config/schema.ts';
import { GENERATED } from './generated.ts';
import { secretManagersText } from './secret-managers.ts';

const PRECEDENCE = `# Configuration

The value of a setting comes from the first of these places that has one:

1. a flag of the command,
2. its environment variable (an empty variable counts as unset),
3. the configuration file,
4. for \`network.proxy\` and \`network.noProxy\`: the conventional variables, ${sharedVariables()},
5. for network settings: the flags and variables of \`enroll\`, which it keeps in the state directory, including CA files,
6. the default.`;

const PLACES = `The configuration file is optional: \`runner.yaml\` (YAML) in the *configuration directory*. \`--config\`, or else
\`${CONFIG_VARIABLE}\`, names that directory, or a file. A named file must exist, and its directory is the configuration directory.
A file that other users can change is rejected. Relative paths in the file start from its directory; in flags and variables, from
the working directory.

Without either, the directories depend on the user who runs the command:

| | configuration directory | state directory |
|---|---|---|
| root, and the user of the installed service | \`${SYSTEM_PLACES.configDir}\` | \`${SYSTEM_PLACES.stateDir}\` |
| any other user | \`$XDG_CONFIG_HOME/hybrid-runner\`, or \`~/.config/hybrid-runner\` | \`$XDG_STATE_HOME/hybrid-runner\`, or \`~/.local/state/hybrid-runner\` |
| your own unit with \`ConfigurationDirectory=\`, \`StateDirectory=\` | \`$CONFIGURATION_DIRECTORY\` | \`$STATE_DIRECTORY\` |
| the container image | \`${IMAGE_ENVIRONMENT[CONFIG_VARIABLE]}\` | \`${IMAGE_ENVIRONMENT['HYBRID_RUNNER_STATE_DIR']}\`; the vault key is \`${IMAGE_ENVIRONMENT['HYBRID_RUNNER_SECRETS_VAULT_KEY_FILE']}\` |

If root runs a command on the state of the service's user (\`sudo hybrid-runner secrets set\`, \`policy check\`), the command continues
as that user, so it reports files that the service cannot read. The unit that \`service install\` writes contains the configuration
directory and every setting that came from a flag or a \`HYBRID_RUNNER_*\` variable.`;

const FORMAT = `Unknown settings and unknown \`HYBRID_RUNNER_*\` variables are errors. All problems are reported at once.
\`hybrid-runner config show\` shows every setting with its value and origin; secrets are hidden.

A key with dots is a path: \`log.level\` is \`level\` under \`log\`. Durations are written \`90s\`, \`5m\`, \`1h30m\`; sizes \`512MiB\`, \`1GiB\`. A
list is a YAML list, or text separated by commas. No setting contains a Salesforce credential: credentials are in the vault or
another secret provider.

Policy and secrets are read for each run. Changed settings apply after the next start of the runner.

\`\`\`yaml
controlPlane:
  url: wss://catalog.example.com
  caFile: catalog-ca.pem
network:
  proxy: http://proxy.example.com:3128
  noProxy: [.internal.example.com]
capacity: 4
log: { level: info }
\`\`\``;

/** docs/configuration.md, from the table of settings. */
export function configurationDocument(): string {
  const table = `| key | value | default | environment variable | flag |
|---|---|---|---|---|
${SETTING_KEYS.map(settingRow).join('\n')}`;
  const details = SETTING_KEYS.map(settingText).join('\n\n');
  return `${GENERATED}\n${[PRECEDENCE, PLACES, FORMAT, table, details, secretManagersText()].join('\n\n')}\n`;
}

/** "`HTTPS_PROXY` or `https_proxy`, `NO_PROXY` or `no_proxy`" */
function sharedVariables(): string {
  const settings = SETTING_KEYS.map(settingOf);
  return settings
    .flatMap(({ sharedVariables }) =>
      sharedVariables === undefined
        ? []
        : [sharedVariables.variables.map((name) => `\`${name}\``).join(' or ')],
    )
    .join(', ');
}

function settingRow(key: SettingKey): string {
  const { kind, flag } = SETTINGS[key];
  return `| [\`${key}\`](#${anchor(key)}) | ${kind} | ${defaultText(key)} | \`${environmentName(key)}\` | \`${flag}\` |`;
}

function settingText(key: SettingKey): string {
  return `## ${key}\n\n${SETTINGS[key].description}`;
}

function anchor(key: SettingKey): string {
  return key.toLowerCase().replace(/\./g, '');
}

function defaultText(key: SettingKey): string {
  const { default: fallback } = settingOf(key);
  if (fallback === undefined) return 'unset';
  if (typeof fallback === 'object') return fallback.description;
  return fallback === '' ? 'empty' : `\`${fallback}\``;
}
