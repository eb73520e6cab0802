import { MANAGER_TYPES, MANAGERS, type ManagerType } from '../../secrets/managers/registry.ts';

/** The options of each kind of secret manager, for docs/configuration.md. */
export function secretManagersText(): string {
  return `## Secret managers

A secret manager is a mount of \`secrets.mounts\` with options beside its prefix, which only the configuration file can have:

\`\`\`yaml
secrets:
  mounts:
    - { prefix: /local, provider: command, command: [/usr/local/bin/print-secret, '{name}'] }
\`\`\`

A kind can be mounted several times, each time with another part of its secrets. [secrets.md](secrets.md) describes each kind and
the permissions that it needs. Paths can be relative to the configuration file.

${MANAGER_TYPES.map(optionsOf).join('\n\n')}`;
}

function optionsOf(type: ManagerType): string {
  const { title, options } = MANAGERS[type];
  const rows = Object.entries(options()).map(
    ([name, { kind, default: fallback, description }]) =>
      `| \`${name}\` | ${kind} | ${fallback ?? 'required'} | ${description} |`,
  );
  return `### ${type}

${title}.

| option | value | default | meaning |
|---|---|---|---|
${rows.join('\n')}`;
}
